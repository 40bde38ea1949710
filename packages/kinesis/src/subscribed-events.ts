import { SubscribeToShardCommand, type KinesisClient, type StartingPosition, type SubscribeToShardEvent } from "@aws-sdk/client-kinesis";
import type { Clock } from "@spillway/spec";

/** What a subscription gave: an event, or nothing for a while. */
export type Heard = { readonly kind: "event"; readonly event: SubscribeToShardEvent } | { readonly kind: "quiet" };

/** How one subscription is made. */
export interface SubscriptionOptions {
  readonly client: KinesisClient;
  readonly consumerArn: string;
  readonly shardId: string;
  readonly start: StartingPosition;
  readonly clock: Clock;
}

/** While nothing comes, this often says so. */
const quietMs = 5_000;
/** Kinesis sends an event every few seconds, also for an idle shard: after this long the connection is dead, whatever it looks like. */
const silenceMs = 35_000;

/**
 * The events of one subscription, until the server ends it, as it does after five minutes, or it falls silent. The silence counts only while an event
 * is asked for: a slow reader is no dead connection. Ends the HTTP stream in every case, because Kinesis refuses the next subscription as long as it
 * is open, and leaving the SDK's iterator does not close it.
 */
export async function* subscribedEvents(options: SubscriptionOptions, signal: AbortSignal): AsyncGenerator<Heard, void> {
  const { client, consumerArn, shardId, start, clock } = options;
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const input = { ConsumerARN: consumerArn, ShardId: shardId, StartingPosition: start };
    const answer = await client.send(new SubscribeToShardCommand(input), { abortSignal: controller.signal });
    const events = answer.EventStream?.[Symbol.asyncIterator]();
    if (events === undefined) return;
    let next = events.next();
    let silentMs = 0;
    for (;;) {
      const heard = await firstOf(next, clock, controller.signal);
      if (heard === "quiet") {
        silentMs += quietMs;
        if (silentMs >= silenceMs) return;
        yield { kind: "quiet" };
        continue;
      }
      silentMs = 0;
      if (heard.done === true) return;
      const { SubscribeToShardEvent: event } = heard.value;
      if (event !== undefined) yield { kind: "event", event };
      next = events.next();
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    controller.abort();
  }
}

/** Resolves as the pull does, or to "quiet" when that takes long; rejects when the signal aborts. */
function firstOf<T>(pull: Promise<T>, clock: Clock, signal: AbortSignal): Promise<T | "quiet"> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => end(() => reject(signal.reason as unknown));
    const cancel = clock.schedule(quietMs, () => end(() => resolve("quiet")));
    const end = (settle: () => void): void => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    pull.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error)),
    );
  });
}
