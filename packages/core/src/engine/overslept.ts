import type { Checkpoint, LogBatch, LostMessages } from "@spillway/spec";

/**
 * Tells a loss that no log can tell: a consumer that began at a time, or at latest, and had read nothing of a partition when it stopped, goes on at that time. When the log
 * has dropped what is so old, it begins with what is left, and says nothing.
 */
export class Overslept {
  /** Where reading goes on, as long as nothing was told of it. */
  #sinceMs: number | undefined;
  readonly #nowMs: number;
  #retentionMs: number | undefined = undefined;
  #firstAtMs: number | undefined = undefined;

  /** For a partition whose reading goes on now from this checkpoint; undefined where there is none, because it begins. */
  constructor(checkpoint: Checkpoint | undefined, nowMs: number) {
    const from = checkpoint?.state === "reading" ? checkpoint.from : undefined;
    this.#sinceMs = from?.at === "timestamp" ? from.timestampMs : undefined;
    this.#nowMs = nowMs;
  }

  /**
   * What may be lost before the first messages that came: told once, when the log has said how long it keeps messages; undefined where nothing is lost, or not
   * told yet.
   */
  before({ messages: [first], retentionMs = this.#retentionMs }: LogBatch<unknown>): LostMessages | undefined {
    this.#retentionMs = retentionMs;
    this.#firstAtMs ??= first?.timestampMs;
    return this.#firstAtMs === undefined || retentionMs === undefined ? undefined : this.atEnd();
  }

  /** The same for a partition that ends, also without a message. */
  atEnd(): LostMessages | undefined {
    const [afterMs, retentionMs, beforeMs] = [this.#sinceMs, this.#retentionMs, this.#firstAtMs];
    this.#sinceMs = undefined;
    if (afterMs === undefined || retentionMs === undefined || afterMs + retentionMs >= this.#nowMs) return undefined;
    return {
      count: undefined,
      reason: "nothing had been read since the consumer began, which is longer ago than the log keeps messages: older ones may be gone",
      afterMs,
      ...(beforeMs !== undefined && { beforeMs }),
    };
  }
}
