import type { PartitionId, StartPosition } from "@spillway/spec";
import type { KafkaMessage } from "../read/kafka-message.ts";

/** What all members together have run, and every rule that was broken. Messages are those of a load. */
export interface RunLedger {
  /** A run of a member starts; calling what it returns says that it succeeded. */
  start(message: KafkaMessage, member: object): () => void;
  /** A member was killed: what it runs is gone, and what it does from now on in this process counts for nothing. */
  forget(member: object): void;
  /** A checkpoint was confirmed. */
  saved(partition: PartitionId, from: StartPosition): void;
  /** How often each message has succeeded, by its value. */
  readonly successes: ReadonlyMap<string, number>;
  /** Messages that ran before an earlier one of their key, or beside another one of it; and checkpoints that went back. */
  readonly violations: readonly string[];
  /** Values that succeeded more than once. */
  twice(): readonly string[];
}

/** Makes an empty ledger. */
export function runLedger(): RunLedger {
  const successes = new Map<string, number>();
  const violations: string[] = [];
  const running = new Map<string, { readonly name: string; readonly member: object }>();
  const dead = new WeakSet<object>();
  /** For each key the number of the last message that succeeded. */
  const reached = new Map<string, number>();
  const checkpoints = new Map<PartitionId, number>();
  return {
    saved(partition, from) {
      const offset = from.at === "after" ? Number(from.position) : -1;
      const before = checkpoints.get(partition) ?? -1;
      if (offset < before) violations.push(`${partition} was committed after ${before} at ${offset}`);
      checkpoints.set(partition, offset);
    },
    successes,
    violations,
    forget(member) {
      dead.add(member);
      for (const [key, run] of running) if (run.member === member) running.delete(key);
    },
    start({ value }, member) {
      const name = String(value);
      const [key = "", number = ""] = name.split("#");
      const order = Number(number);
      const other = running.get(key);
      const last = reached.get(key) ?? -1;
      if (other !== undefined) violations.push(`${name} started while ${other.name} ran`);
      if (order > last + 1) violations.push(`${name} ran when its key had come to ${last}`);
      const run = { name, member };
      running.set(key, run);
      return () => {
        if (dead.has(member)) return;
        if (running.get(key) === run) running.delete(key);
        successes.set(name, (successes.get(name) ?? 0) + 1);
        reached.set(key, Math.max(last, order));
      };
    },
    twice: () => [...successes].filter(([, times]) => times > 1).map(([name]) => name),
  };
}
