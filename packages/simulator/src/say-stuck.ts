import { explain } from "@spillway/core";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** Says what has not ended although nothing has failed for a long time, and what the engines say about it. */
export function sayStuck(world: World, workers: readonly Worker[], patienceMs: number): string {
  return `${patienceMs / 60_000} minutes after the last fault, ${sayOpen(world)}. ${workers.map(sayWorker).join(" | ")}`;
}

function sayOpen({ referee, queue }: World): string {
  const open = referee.seesInside ? referee.register.messages.filter(({ ended }) => !ended) : [];
  if (open.length > 0) {
    const some = open.slice(0, 3).map(({ id, partition }) => `${id} of ${partition ?? "the queue"}`);
    return `${open.length} messages have not ended, ${some.join(", ")} among them`;
  }
  if (queue.size > 0) return `${queue.size} messages are still in the queue`;
  return `the checkpoint of ${referee.checkpoints.uncovered()?.id ?? "something"} does not cover all of its messages`;
}

/** What an engine says about itself. */
export function sayWorker({ process, pipeline }: Worker): string {
  if (process === undefined || pipeline === undefined) return "a worker is not running";
  const { gates, feeds, state } = explain(pipeline);
  const unsettled = feeds.map(({ partition, unsettled: count, firstUnsettled }) => {
    const first = firstUnsettled === undefined ? "" : `, ${firstUnsettled.id} ${firstUnsettled.state}`;
    return `${partition ?? "queue"}: ${count} unsettled${first}`;
  });
  return `${process.name} is ${state}; gates: ${gates.map(({ says }) => says).join("; ") || "none"}; ${unsettled.join("; ") || "it reads nothing"}`;
}
