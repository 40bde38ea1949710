import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { Clock } from "@spillway/spec";
import type { KinesisStream } from "./kinesis-stream.ts";
import { streamFacts } from "./stream-facts.ts";

/** Knows how long a stream keeps its records. */
export interface StreamRetention {
  /**
   * What was heard last, in milliseconds; undefined as long as nothing was. Asks when that is old, without letting anybody wait for it, until the signal
   * aborts. Where asking is not allowed, or fails, what was heard last stands: reading does not depend on it.
   */
  known(signal: AbortSignal): number | undefined;
}

/** How old an answer may be: somebody may raise the retention because records are about to expire, and Kinesis takes few such calls. */
const askAgainMs = 600_000;

/** The retention of this stream, shared by the readers of all its shards. */
export function streamRetention(client: KinesisClient, stream: KinesisStream, clock: Clock): StreamRetention {
  let retentionMs: number | undefined;
  let nextAskMs = Number.NEGATIVE_INFINITY;

  async function ask(signal: AbortSignal): Promise<void> {
    try {
      ({ retentionMs = retentionMs } = await streamFacts(client, stream, signal));
    } catch {
      // Asked again later. Whoever ended the reading ended this as well: the next reader asks at once.
      if (signal.aborted) nextAskMs = Number.NEGATIVE_INFINITY;
    }
  }

  return {
    known(signal) {
      if (clock.nowMs() >= nextAskMs) {
        nextAskMs = clock.nowMs() + askAgainMs;
        void ask(signal);
      }
      return retentionMs;
    },
  };
}
