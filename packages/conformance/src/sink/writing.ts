import type { ItemResult, OutgoingMessage, Payload, Sink } from "@spillway/spec";
import type { CaseContext } from "../kit/case-context.ts";
import { equal } from "../kit/check.ts";
import { bytes, text } from "../kit/facts.ts";
import type { SinkSubject, StoredMessage } from "./sink-subject.ts";

/** Writes and fails the case unless there is one result for each message. */
export async function write(
  sink: Sink<Payload>,
  messages: readonly OutgoingMessage<Payload>[],
  context: CaseContext,
): Promise<readonly ItemResult[]> {
  const results = await context.within("the write", sink.write(messages, context));
  equal("the number of results", results.length, messages.length);
  return results;
}

/** Writes and fails the case unless every result is ok. */
export async function writeAll(sink: Sink<Payload>, messages: readonly OutgoingMessage<Payload>[], context: CaseContext): Promise<void> {
  const results = await write(sink, messages, context);
  equal(
    "the results",
    results,
    messages.map(() => ({ ok: true })),
  );
}

/** What the backend holds. */
export function storedIn(subject: SinkSubject, context: CaseContext): Promise<readonly StoredMessage[]> {
  return context.within("looking at what is stored", subject.stored());
}

/** The texts of what the backend holds, in its order. */
export async function storedTexts(subject: SinkSubject, context: CaseContext): Promise<readonly (string | null)[]> {
  return (await storedIn(subject, context)).map(({ value }) => text(value));
}

/** A message of this key that says which it is: "key n". */
export function keyed(key: string, n: number): OutgoingMessage<Payload> {
  return { key, value: bytes(`${key} ${n}`) };
}
