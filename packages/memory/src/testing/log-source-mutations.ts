import type { LogSourceSubject } from "@spillway/conformance";
import type { LogBatch, LogMessage, LogSource, MessageCount, PartitionId, Payload, StartPosition } from "@spillway/spec";

type Message = LogMessage<Payload>;
type ReadOptions = Parameters<LogSource<Payload>["read"]>[1];

/** Breaks every source that the subject gives. */
export function sources(subject: LogSourceSubject, change: (source: LogSource<Payload>) => LogSource<Payload>): LogSourceSubject {
  return { ...subject, source: (consumer) => change(subject.source(consumer)) };
}

/** Breaks what a reading gives. */
export function readings(
  subject: LogSourceSubject,
  change: (
    batches: () => AsyncIterable<LogBatch<Payload>>,
    partition: PartitionId,
    options: ReadOptions,
  ) => AsyncIterable<LogBatch<Payload>>,
): LogSourceSubject {
  return sources(subject, (source) => ({
    ...source,
    read: (partition, options) => change(() => source.read(partition, options), partition, options),
  }));
}

/** Breaks each batch. */
export function batches(
  subject: LogSourceSubject,
  change: (batch: LogBatch<Payload>, partition: PartitionId) => LogBatch<Payload> | undefined,
): LogSourceSubject {
  return readings(subject, async function* (given, partition) {
    for await (const batch of given()) {
      const changed = change(batch, partition);
      if (changed !== undefined) yield changed;
    }
  });
}

/** Breaks each message, or loses it. */
export function messages(
  subject: LogSourceSubject,
  change: (message: Message, index: number, partition: PartitionId) => Message | undefined,
): LogSourceSubject {
  return batches(subject, (batch, partition) => ({
    ...batch,
    messages: batch.messages.flatMap((message, index) => change(message, index, partition) ?? []),
  }));
}

/** Breaks where a reading begins. */
export function starts(
  subject: LogSourceSubject,
  change: (from: StartPosition, partition: PartitionId) => StartPosition,
): LogSourceSubject {
  return sources(subject, (source) => ({
    ...source,
    read: (partition, options) => source.read(partition, { ...options, from: change(options.from, partition) }),
  }));
}

/** Breaks what a source counts, which in memory is always exact. */
export function counts(subject: LogSourceSubject, change: (messages: number) => MessageCount): LogSourceSubject {
  return sources(subject, (source) => ({
    ...source,
    async count(partition, options) {
      const counted = await source.count(partition, options);
      return counted.is === "exactly" ? change(counted.messages) : counted;
    },
  }));
}
