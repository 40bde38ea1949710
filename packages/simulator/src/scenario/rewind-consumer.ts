import { rewind } from "@spillway/core";
import type { Worker } from "../worker.ts";
import type { World } from "../world.ts";
import type { LogShape } from "./scenario.ts";

/** Stops all workers, rewinds the consumer to the beginning, and starts them again. Tries again while it is refused; resolves when it is over. */
export async function rewindConsumer(world: World, workers: readonly Worker[], shape: LogShape): Promise<void> {
  const { time, history } = world;
  for (const worker of workers) worker.rest(true);
  while (workers.some(({ isRunning }) => isRunning)) await time.sleep(100);
  for (let left = 10; left > 0; left--) {
    const operator = world.process("operator", { offsetMs: 0, rate: 1 }, () => undefined);
    const outcome = await Promise.race([tryOnce(operator), diesOf(operator)]);
    operator.alive = false;
    history.add(operator.name, "rewind", () => outcome);
    if (outcome === "done") break;
  }
  for (const worker of workers) worker.rest(false);

  async function tryOnce(operator: ReturnType<World["process"]>): Promise<string> {
    try {
      const signal = new AbortController().signal;
      await rewind(
        world.logSource(operator, shape),
        { at: "earliest" },
        { clock: operator.clock, signal, leaseDurationMs: shape.leaseDurationMs },
      );
      world.referee.rewound(operator);
      return "done";
    } catch (error) {
      return `refused: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** A dead operator answers nothing: somebody looks after it now and then. */
  async function diesOf(operator: ReturnType<World["process"]>): Promise<string> {
    while (operator.alive) await time.sleep(200);
    return "the operator died";
  }
}
