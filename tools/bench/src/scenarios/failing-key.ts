import { checkpoint, constant, consume, explain, haltOnFailure, handle, retry } from "@spillway/core";
import type { Scenario } from "../bar.ts";
import { benchLog } from "../bench-log.ts";
import { Countdown } from "../countdown.ts";
import { NextTurn } from "../next-turn.ts";
import { makePages, pageSize, unit } from "../pages.ts";
import { pairedRounds, ratios, sayRounds, type Variant } from "../rounds.ts";
import { start } from "../running.ts";
import { median, spreadOf } from "../statistics.ts";
import { until } from "../until.ts";

const maxInFlight = 262_144;
/** The engine's bound on the messages of a partition from its watermark to its newest; all rounds together stay below it. */
const maxSpan = maxInFlight * 4;
const unavailable = new Error("the service is down for this key");

/** A message of the key that fails: one in each page of the first partition. */
const poison = -1;
const pages = makePages((index) => (index % 1_000 === 0 && (index / pageSize) % 8 === 0 ? poison : index));

/** One key whose messages fail for ever: what the others lose by it, and how far its partition is read on beyond it. */
export const failingKey: Scenario = {
  processes: 3,
  bars: [
    { name: "failing-key", says: "throughput of the other keys while one fails for ever", atLeast: 0.95, unit: "x" },
    { name: "failing-key-span", says: "messages kept behind it when reading stops, of their bound", atMost: 1, unit: "x" },
  ],
  async measure() {
    await spoil();
    const healthy = pipelineOf("healthy");
    const failing = pipelineOf("failing");
    const measured = await pairedRounds([healthy.variant, failing.variant], { unit, rounds: 11, roundMs: 100 });
    const ratio = ratios(measured, "healthy", "failing");
    const kept = await failing.fill();
    return [
      { name: "failing-key", value: median(ratio), spread: spreadOf(ratio), detail: sayRounds(measured) },
      // A page that was asked for below the bound may end beyond it.
      { name: "failing-key-span", value: kept / (maxSpan + pageSize), spread: undefined, detail: `${kept.toLocaleString("en")} messages` },
    ];
  },
};

interface Pipeline {
  readonly variant: Variant;
  /** Offers the failing partition more than may be kept; resolves to how many are, when no more are taken. */
  fill(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Runs two pipelines for nothing. V8 makes the first pipeline of a process some percent faster than the second: two healthy ones differed by as much as
 * is looked for here. Neither of those that are measured is the first.
 */
async function spoil(): Promise<void> {
  const pipelines = [pipelineOf("healthy"), pipelineOf("failing")];
  for (let round = 0; round < 10; round++) for (const { variant } of pipelines) await variant.run(unit * 20);
  for (const pipeline of pipelines) await pipeline.stop();
}

function pipelineOf(name: "healthy" | "failing"): Pipeline {
  const log = benchLog(pages);
  const countdown = new Countdown();
  const turn = new NextTurn();
  let ended = 0;
  let filling = false;
  const pipeline = consume(log.source, { ordering: "key", maxInFlight }).pipe(
    handle(
      async (value: number) => {
        await turn.wait();
        if (value !== poison) {
          ended++;
          if (!filling) countdown.tick();
        } else if (name === "failing") throw unavailable;
      },
      { concurrency: 256 },
    ),
    retry({ attempts: 1_000_000, backoff: constant(20) }),
    haltOnFailure(),
    checkpoint(),
  );
  const running = start(pipeline);
  return {
    variant: {
      name,
      run(messages) {
        const done = countdown.start(messages - messages / unit);
        log.give(messages);
        return done;
      },
    },
    async fill() {
      filling = true;
      log.giveFrom(0, (maxSpan / pageSize) * 2);
      let before = -1;
      let looks = 0;
      await until(() => {
        looks = ended === before ? looks + 1 : 0;
        before = ended;
        return looks >= 50;
      });
      const feed = explain(pipeline).feeds.find(({ partition }) => partition === "p0");
      return (feed?.heldBehindFirst ?? 0) + (feed?.unsettled ?? 0);
    },
    stop: () => running.stop({ inFlight: 0 }),
  };
}
