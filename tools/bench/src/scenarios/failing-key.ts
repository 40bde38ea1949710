import { checkpoint, constant, consume, explain, haltOnFailure, handle, retry } from "@spillway/core";
import type { Scenario } from "../bar.ts";
import { benchLog } from "../bench-log.ts";
import { Countdown } from "../countdown.ts";
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
  bars: [
    { name: "failing-key", says: "throughput of the other keys while one fails for ever", atLeast: 0.95, unit: "x" },
    { name: "failing-key-span", says: "messages kept behind it when reading stops, of their bound", atMost: 1, unit: "x" },
  ],
  async measure() {
    const healthy = pipelineOf("healthy");
    const failing = pipelineOf("failing");
    const measured = await pairedRounds([healthy.variant, failing.variant], { unit, rounds: 15, roundMs: 40 });
    const ratio = ratios(measured, "healthy", "failing");
    const kept = await failing.fill();
    return [
      { name: "failing-key", value: median(ratio), spread: spreadOf(ratio), detail: sayRounds(measured) },
      // A page that was asked for below the bound may end beyond it.
      { name: "failing-key-span", value: kept / (maxSpan + pageSize), spread: undefined, detail: `${kept.toLocaleString("en")} messages` },
    ];
  },
};

function pipelineOf(name: "healthy" | "failing"): { readonly variant: Variant; fill(): Promise<number> } {
  const log = benchLog(pages);
  const countdown = new Countdown();
  let ended = 0;
  let filling = false;
  const pipeline = consume(log.source, { ordering: "key", maxInFlight }).pipe(
    handle(async (value: number) => {
      if (value !== poison) {
        ended++;
        if (!filling) countdown.tick();
      } else if (name === "failing") throw unavailable;
    }),
    retry({ attempts: 1_000_000, backoff: constant(20) }),
    haltOnFailure(),
    checkpoint(),
  );
  start(pipeline);
  return {
    variant: {
      name,
      run(messages) {
        const done = countdown.start(messages - messages / unit);
        log.give(messages);
        return done;
      },
    },
    /** Offers the failing partition more than may be kept; resolves to how many are, when no more are taken. */
    async fill() {
      filling = true;
      log.giveFrom(0, (maxSpan / pageSize) * 2);
      let before = -1;
      await until(() => {
        const stands = ended === before;
        before = ended;
        return stands;
      });
      const feed = explain(pipeline).feeds.find(({ partition }) => partition === "p0");
      return (feed?.heldBehindFirst ?? 0) + (feed?.unsettled ?? 0);
    },
  };
}
