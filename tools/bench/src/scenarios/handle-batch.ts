import { checkpoint, consume, haltOnFailure, handleBatch } from "@spillway/core";
import type { Scenario } from "../bar.ts";
import { makePages, overPages, unit } from "../pages.ts";
import { pipelineVariant } from "../pipeline-variant.ts";
import { differences, pairedRounds, sayRounds, type Variant } from "../rounds.ts";
import { median, spreadOf } from "../statistics.ts";

const batchSize = 1_000;
const pages = makePages((index) => index);
let seen = 0;

/** Full batches of 1,000 through handleBatch, against a loop that makes such batches. */
export const batches: Scenario = {
  bars: [{ name: "handle-batch", says: "full batches of 1,000 through handleBatch, over a batch loop", atMost: 150, unit: "ns/message" }],
  async measure() {
    let calls = 0;
    const engine = pipelineVariant("engine", pages, (source, countdown) =>
      consume(source, { ordering: "none", maxInFlight: 8_192 }).pipe(
        handleBatch(
          async (values: readonly number[]) => {
            calls++;
            seen ^= values[0] as number;
            for (let ticks = values.length; ticks > 0; ticks--) countdown.tick();
          },
          { maxMessages: batchSize, lingerMs: 60_000 },
        ),
        haltOnFailure(),
        checkpoint(),
      ),
    );
    const measured = await pairedRounds([loop(), engine.variant], { unit: unit * 2, rounds: 9, roundMs: 150 });
    const given = await engine.stop();
    const over = differences(measured, "engine", "loop");
    return [
      {
        name: "handle-batch",
        value: median(over),
        spread: spreadOf(over),
        detail: `${sayRounds(measured)}; ${Math.round(given / calls)} messages in a batch`,
      },
    ];
  },
};

function loop(): Variant {
  const handler = async (values: readonly number[]): Promise<void> => {
    seen ^= values[0] as number;
  };
  return {
    name: "loop",
    async run(messages) {
      let batch: number[] = [];
      await overPages(pages, messages, async (page) => {
        for (const { value } of page) batch.push(value);
        if (batch.length < batchSize) return;
        await handler(batch);
        batch = [];
      });
    },
  };
}
