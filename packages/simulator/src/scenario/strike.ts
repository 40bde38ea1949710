import { clearKeys } from "@spillway/core";
import type { World } from "../world.ts";
import type { Worker } from "../worker.ts";
import { scopeName } from "./scope-name.ts";
import type { Disaster } from "./disaster.ts";

/** Makes a disaster happen; `rewind` sees to the one that takes longer. */
export function strike(world: World, workers: readonly Worker[], disaster: Disaster, rewind: () => void): void {
  const { log, leases, checkpoints, history, time } = world;
  const worker = "worker" in disaster ? workers[disaster.worker] : undefined;
  switch (disaster.kind) {
    case "crash":
      worker?.process?.crash("a disaster");
      return;
    case "stop":
      worker?.stop();
      return;
    case "cut":
      if (worker?.process === undefined) return;
      worker.process.cutUntilMs = time.nowMs + disaster.forMs;
      history.add(worker.process.name, "network", () => `is cut for ${disaster.forMs} ms`);
      return;
    case "jump":
      worker?.process?.jump(disaster.byMs);
      history.add(worker?.process?.name ?? "nobody", "clock", () => `jumps by ${disaster.byMs} ms`);
      return;
    case "pressure":
      if (worker?.process === undefined) return;
      worker.process.pressedUntilMs = time.nowMs + disaster.forMs;
      worker.process.pressedTo = disaster.most;
      history.add(worker.process.name, "memory", () => `is enough for ${disaster.most} messages at once, for ${disaster.forMs} ms`);
      return;
    case "steal": {
      const stolen = leases.steal(disaster.number) ?? world.group.steal(disaster.number);
      if (stolen === undefined) return;
      checkpoints.raise({ scope: scopeName, partition: stolen.partition }, stolen.token);
      history.add("thief", "lease", () => `of ${stolen.partition} is taken with token ${stolen.token}`);
      return;
    }
    case "split": {
      const parent = log.split(disaster.number);
      history.add("log", "split", () => `of ${parent?.id ?? "nothing"}`);
      return;
    }
    case "merge": {
      const parents = log.merge(disaster.number);
      history.add("log", "merge", () => `of ${parents?.map(({ id }) => id).join(" and ") ?? "nothing"}`);
      return;
    }
    case "trim": {
      const partition = log.trim(disaster.number);
      history.add("log", "trim", () => `of ${partition?.id ?? "nothing"} up to ${partition?.trimmedTo ?? 0}`);
      return;
    }
    case "clear":
      for (const { process, pipeline } of workers) {
        if (process === undefined || pipeline === undefined) continue;
        history.add(process.name, "clear", () => clearKeys(pipeline).join(", "));
        clearKeys(pipeline);
        world.referee.viewOf(process).blocked.clear();
      }
      return;
    case "rewind":
      rewind();
  }
}
