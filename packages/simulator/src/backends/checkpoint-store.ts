import { SpillwayError, type Checkpoint, type CheckpointKey, type CheckpointStore, type FencingToken } from "@spillway/spec";
import type { Network } from "../faults/network.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Referee } from "../referee/referee.ts";

interface Entry {
  fence: FencingToken;
  checkpoint: Checkpoint | undefined;
}

/** Checkpoints that outlive every process. */
export class SimulatedCheckpoints {
  readonly entries: Map<string, Entry> = new Map<string, Entry>();

  /** Raises the fence, as somebody does who took the partition over. */
  raise(key: CheckpointKey, token: FencingToken): Entry {
    const name = `${key.scope} ${key.partition}`;
    let entry = this.entries.get(name);
    if (entry === undefined) this.entries.set(name, (entry = { fence: 0 as FencingToken, checkpoint: undefined }));
    if (token < entry.fence) throw fenced(key, token, entry.fence);
    entry.fence = token;
    return entry;
  }
}

/** The checkpoints as one process sees them. */
export function checkpointStore(options: {
  readonly checkpoints: SimulatedCheckpoints;
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly referee: Referee;
  readonly maxDone: number;
  readonly maxNotes: number;
}): CheckpointStore {
  const { checkpoints, process, network, referee, maxDone, maxNotes } = options;
  return {
    maxDone,
    maxNotes,
    async load(key, token, { signal }) {
      const effect = (): Checkpoint | undefined => checkpoints.raise(key, token).checkpoint;
      const about = (): string => `load of ${key.partition} with token ${token}`;
      const loaded = await network.call({ process, point: "checkpoint.load", signal, about, effect });
      referee.loaded(process, key.partition, loaded);
      return loaded;
    },
    async save(key, checkpoint, token, { signal }) {
      const ended = referee.saving(process, key.partition, token, checkpoint, maxDone);
      const effect = (): void => {
        checkpoints.raise(key, token).checkpoint = checkpoint;
        referee.saved(process, key.partition, checkpoint);
      };
      let saved = false;
      try {
        await network.call({
          process,
          point: "checkpoint.save",
          signal,
          about: () => `save of ${key.partition} with token ${token}: ${say(checkpoint)}`,
          effect,
        });
        saved = true;
      } finally {
        ended(saved);
      }
    },
  };
}

function say(checkpoint: Checkpoint): string {
  if (checkpoint.state === "finished") return "finished";
  const { from, done, attempting } = checkpoint;
  const start = from.at === "after" ? `after ${from.position}` : from.at;
  return `${start}, ${done.length} done${attempting === undefined ? "" : `, attempting ${attempting.position} (${attempting.crashes} crashes)`}`;
}

function fenced({ partition }: CheckpointKey, token: FencingToken, fence: FencingToken): SpillwayError {
  return new SpillwayError(`token ${token} of ${partition} is below the fence ${fence}`, { code: "SPILLWAY_LEASE_LOST" });
}
