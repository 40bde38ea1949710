import type { LogMessage, LogSource, OutgoingMessage, PartitionId, Payload } from "@spillway/spec";
import type { CaseContext } from "../kit/case-context.ts";
import { fail } from "../kit/check.ts";
import { bytes, upTo } from "../kit/facts.ts";
import type { LogSourceSubject } from "./log-source-subject.ts";

/** Messages of one key, so of one partition: "name 0", "name 1", … */
export function numbered(name: string, count: number, key = "a"): readonly OutgoingMessage<Payload>[] {
  return upTo(count).map((n) => ({ key, value: bytes(`${name} ${n}`) }));
}

/** Reads every partition from its earliest message until `count` messages in all were seen. Resolves to them, by partition. */
export async function readAll(
  source: LogSource<Payload>,
  count: number,
  context: CaseContext,
): Promise<ReadonlyMap<PartitionId, readonly LogMessage<Payload>[]>> {
  const found = new Map<PartitionId, LogMessage<Payload>[]>();
  const partitions = await context.within("listing the partitions", source.partitions({ signal: context.signal }));
  let missing = count;
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, context.signal]);
  const readers = partitions.map(async ({ id }) => {
    for await (const batch of source.read(id, { from: { at: "earliest" }, signal })) {
      const messages = found.get(id) ?? [];
      found.set(id, messages);
      messages.push(...batch.messages);
      missing -= batch.messages.length;
      if (missing <= 0) controller.abort();
    }
  });
  await context.within(`${count} messages over all partitions`, Promise.all(readers.map((reader) => endedBy(reader, controller.signal))));
  return found;
}

/** Resolves when the reader has ended; a reader may end an abort by a rejection. */
async function endedBy(reader: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await reader;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** A source and the partition that holds what was appended to it. */
export interface Filled {
  readonly source: LogSource<Payload>;
  readonly partition: PartitionId;
  /** What was appended, as it is read. */
  readonly messages: readonly LogMessage<Payload>[];
}

/** Appends messages of one key and finds the partition that they are in. */
export async function fill(
  subject: LogSourceSubject,
  context: CaseContext,
  appended: readonly OutgoingMessage<Payload>[] = numbered("message", 5),
): Promise<Filled> {
  await context.within("appending", subject.append(appended));
  const source = subject.source("consumer");
  const found = await readAll(source, appended.length, context);
  for (const [partition, messages] of found) if (messages.length > 0) return { source, partition, messages };
  return fail("messages that were appended are found in a partition", appended.length, 0);
}
