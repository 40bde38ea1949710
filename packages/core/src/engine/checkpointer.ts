import { failureClassOf, hasCode, type Checkpoint, type CheckpointKey, type CheckpointStore, type FencingToken } from "@spillway/spec";
import { backoffAfterError } from "./backoff-after-error.ts";
import { pause } from "./pause.ts";
import type { Run } from "./run-context.ts";
import { asError } from "./say-error.ts";

/** What a checkpointer works with. */
export interface CheckpointerOptions {
  readonly run: Run;
  readonly store: CheckpointStore;
  readonly key: CheckpointKey;
  readonly token: FencingToken;
  /** The checkpoint as it is at this moment. */
  readonly capture: () => Checkpoint;
  /** The store says that somebody else owns the partition. */
  readonly onLost: (error: Error) => void;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/**
 * Saves a partition's checkpoint: one save at a time, always the newest state, repeated with backoff until it is durable or the partition is lost.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  /** Settled messages that no save has covered. */
  unsaved = 0;
  /** Whether there is something to save although nothing was settled. */
  noted = false;
  /** Failures of the save that is being repeated. */
  failures = 0;
  lastError: Error | undefined = undefined;
  #saving: Promise<boolean> | undefined = undefined;
  /** Also while a save begins: looking at what has ended may settle so much that another one is asked for. */
  #isSaving = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /** Whether there is anything that the last save does not cover. */
  get dirty(): boolean {
    return this.unsaved > 0 || this.noted;
  }

  /** Starts a save if none is under way; one that is will be followed by the next settled message or tick. */
  saveSoon(): void {
    if (!this.#isSaving) void this.save();
  }

  /** Resolves to true when everything settled before this call is durable; to false when the partition is lost, the signal has aborted or the run has failed. */
  async save(): Promise<boolean> {
    while (this.#saving !== undefined) await this.#saving;
    this.#isSaving = true;
    this.#saving = this.#saveUntilDurable();
    const saved = await this.#saving;
    this.#saving = undefined;
    this.#isSaving = false;
    return saved;
  }

  async #saveUntilDurable(): Promise<boolean> {
    const { run, store, key, token, signal } = this.#options;
    for (;;) {
      if (signal.aborted) return false;
      this.noted = false;
      const checkpoint = this.#options.capture();
      const covered = this.unsaved;
      try {
        await store.save(key, checkpoint, token, { signal });
        this.unsaved -= covered;
        this.failures = 0;
        this.lastError = undefined;
        run.counters.checkpoints++;
        if (run.listened) run.emit({ type: "checkpointed", partition: key.partition, checkpoint });
        return true;
      } catch (error) {
        const cause = asError(error);
        if (hasCode(error, "SPILLWAY_LEASE_LOST")) {
          this.#options.onLost(cause);
          return false;
        }
        this.noted = true;
        this.lastError = cause;
        this.failures++;
        run.emit({ type: "checkpoint-failed", partition: key.partition, error: cause, failures: this.failures });
        // No permission to save, or no table: nothing that is done would ever be safe.
        if (failureClassOf(error) === "fatal") {
          run.fail(error);
          return false;
        }
        await pause(run.clock, backoffAfterError(this.failures, run.clock), signal);
      }
    }
  }
}
