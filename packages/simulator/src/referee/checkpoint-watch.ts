import type { Checkpoint, FencingToken, PartitionId } from "@spillway/spec";
import { offsetOf } from "../backends/positions.ts";
import type { SimulatedLog, SimulatedPartition } from "../backends/simulated-log.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Findings } from "./findings.ts";
import type { Covered, ProcessView } from "./process-view.ts";
import type { Unit } from "./unit.ts";

/** What a checkpoint watch goes by. */
export interface CheckpointWatchOptions {
  readonly log: SimulatedLog;
  readonly findings: Findings;
  readonly viewOf: (process: SimulatedProcess) => ProcessView;
  /** Whether a message may be settled. */
  readonly hasEnded: (message: Unit) => boolean;
}

/** Watches every checkpoint that is saved or loaded, and every partition that is read. */
export class CheckpointWatch {
  readonly #options: CheckpointWatchOptions;
  /** How many messages of each partition have been found ended, from its beginning. */
  #verified = new Map<PartitionId, number>();
  /** How many the best checkpoint of each covers. */
  #best = new Map<PartitionId, number>();

  constructor(options: CheckpointWatchOptions) {
    this.#options = options;
  }

  /** The engine begins to save; the returned function is called when it has an answer. */
  saving(
    process: SimulatedProcess,
    id: PartitionId,
    token: FencingToken,
    checkpoint: Checkpoint,
    maxDone: number,
  ): (isSaved: boolean) => void {
    const { findings } = this.#options;
    const { gone, saving, unsure, saved } = this.#options.viewOf(process);
    const what = `${process.name} saves ${id} with token ${token}`;
    if (gone.has(id)) findings.add("G8", `${what} after it was told that it has lost it`);
    const name = `${id} ${token}`;
    if ((saving.get(name) ?? 0) > 0) findings.add("contract", `${what} while another save of it is under way`);
    if (checkpoint.state === "reading" && checkpoint.done.length > maxDone)
      findings.add("contract", `${what} with ${checkpoint.done.length} done positions`);
    saving.set(name, (saving.get(name) ?? 0) + 1);
    unsure.add(id);
    return (isSaved) => {
      saving.set(name, (saving.get(name) ?? 1) - 1);
      if (!isSaved) return;
      unsure.delete(id);
      saved.set(id, checkpoint);
    };
  }

  /** The store has accepted a checkpoint. */
  saved(process: SimulatedProcess, id: PartitionId, checkpoint: Checkpoint): void {
    const partition = this.#options.log.partitions.get(id) as SimulatedPartition;
    const what = `the checkpoint of ${id} that ${process.name} saved`;
    const upTo = coveredBy(partition, checkpoint);
    this.#verify(partition, upTo, what);
    if (checkpoint.state === "finished") {
      if (!partition.closed) this.#options.findings.add("G2", `${what} says that it is finished, but it goes on`);
    } else {
      let last = upTo - 1;
      for (const position of checkpoint.done) {
        const offset = offsetOf(position);
        const message = partition.messages[offset];
        // What was trimmed is named until it is certain that it will not come.
        if (offset < partition.trimmedTo) continue;
        if (offset <= last) this.#options.findings.add("contract", `${what} names done positions out of order`);
        if (message !== undefined && !this.#options.hasEnded(message))
          this.#options.findings.add("G2", `${what} says that ${message.id} is done, which has not ended`);
        last = offset;
      }
    }
    this.#best.set(id, Math.max(wholeUpTo(upTo, checkpoint), this.#best.get(id) ?? 0));
  }

  /** The engine has been told a checkpoint. */
  loaded(process: SimulatedProcess, id: PartitionId, checkpoint: Checkpoint | undefined): void {
    const partition = this.#options.log.partitions.get(id) as SimulatedPartition;
    const none: Covered = { offset: -1, done: new Set() };
    const covered = checkpoint === undefined ? none : this.#covered(partition, checkpoint);
    this.#options.viewOf(process).covered.set(id, covered);
  }

  #covered(partition: SimulatedPartition, checkpoint: Checkpoint): Covered {
    return {
      offset: coveredBy(partition, checkpoint) - 1,
      done: new Set(checkpoint.state === "reading" ? checkpoint.done.map(offsetOf) : []),
    };
  }

  /** The engine begins to read a partition, or reads on. */
  reading(process: SimulatedProcess, { id, parents }: SimulatedPartition): void {
    const { log, findings } = this.#options;
    const { gone, losses } = this.#options.viewOf(process);
    if (gone.has(id)) findings.add("G8", `${process.name} reads ${id} after it was lost or given back`);
    if (losses.has(id)) findings.add("G7", `${process.name} reads on in ${id} and has not said that messages of it are lost`);
    for (const name of parents) {
      const parent = log.partitions.get(name) as SimulatedPartition;
      this.#verify(parent, parent.messages.length, `${process.name} reads ${id} before its parent ${name} is finished:`, "G11");
    }
  }

  /** The engine has given a partition back: what it has brought to its end there must be in its last checkpoint, as far as that has room for it. */
  drained(process: SimulatedProcess, id: PartitionId, maxDone: number): void {
    const { log, findings, viewOf } = this.#options;
    const { completed, unsure, saved, covered } = viewOf(process);
    if (unsure.has(id)) return;
    const checkpoint = saved.get(id);
    const known = checkpoint === undefined ? covered.get(id) : this.#covered(log.partitions.get(id) as SimulatedPartition, checkpoint);
    if (known === undefined) return;
    const { offset: last, done } = known;
    if (done.size >= maxDone) return;
    for (const { id: message, offset } of completed.get(id) ?? []) {
      if (offset <= last || done.has(offset)) continue;
      findings.add("G9", `${process.name} gives ${id} back, and has not saved that ${message} is done`);
      return;
    }
  }

  /** The first partition whose messages the best checkpoint does not cover; undefined when everything is saved. */
  uncovered(): SimulatedPartition | undefined {
    for (const partition of this.#options.log.partitions.values()) {
      // What was trimmed after the last message that was read leaves nothing to move a checkpoint with.
      if (Math.max(this.#best.get(partition.id) ?? 0, partition.trimmedTo) < partition.messages.length) return partition;
    }
    return undefined;
  }

  /** Everything is to be done again. */
  reset(): void {
    this.#verified = new Map();
    this.#best = new Map();
  }

  #verify({ id, messages }: SimulatedPartition, upTo: number, what: string, guarantee = "G2"): void {
    let at = this.#verified.get(id) ?? 0;
    for (; at < upTo; at++) {
      const message = messages[at] as Unit;
      if (this.#options.hasEnded(message)) continue;
      this.#options.findings.add(guarantee, `${what} passes ${message.id}, which has not ended`);
      break;
    }
    this.#verified.set(id, Math.max(at, this.#verified.get(id) ?? 0));
  }
}

/** The same, with the done positions that follow without a gap: a restart passes over them. */
function wholeUpTo(upTo: number, checkpoint: Checkpoint): number {
  if (checkpoint.state === "finished") return upTo;
  const done = new Set(checkpoint.done.map(offsetOf));
  let whole = upTo;
  while (done.has(whole)) whole++;
  return whole;
}

/** How many messages from the beginning of its partition a checkpoint says are settled. */
function coveredBy({ messages }: SimulatedPartition, checkpoint: Checkpoint): number {
  if (checkpoint.state === "finished") return messages.length;
  return checkpoint.from.at === "after" ? offsetOf(checkpoint.from.position) + 1 : 0;
}
