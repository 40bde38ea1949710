import type { ItemResult, OutgoingMessage, Payload, QueueMessage, QueueSource, QueueUse, Receipt } from "@spillway/spec";
import type { CaseContext } from "../kit/case-context.ts";
import { equal, fail } from "../kit/check.ts";
import { bytes, text, upTo } from "../kit/facts.ts";
import type { QueueSourceSubject } from "./queue-source-subject.ts";

/** What a pipeline may do with a queue's messages. */
export const anyUse: QueueUse = { attempts: 5, maxAgeMs: 3_600_000, receivesByRetry: 4, crashedAtReceive: 29 };

/** Messages "name 0", "name 1", …, each of a group of its own unless one is named. */
export function numbered(name: string, count: number, group?: string): readonly OutgoingMessage<Payload>[] {
  return upTo(count).map((n) => ({ key: group ?? `${name}-${n}`, value: bytes(`${name} ${n}`) }));
}

/** Sends, within the case's deadline. */
export function send(subject: QueueSourceSubject, messages: readonly OutgoingMessage<Payload>[], context: CaseContext): Promise<void> {
  return context.within("sending", subject.send(messages));
}

/** Lets this much of the queue's time pass. */
export function elapse(subject: QueueSourceSubject, durationMs: number, context: CaseContext): Promise<void> {
  return context.within("time to pass", subject.elapse(durationMs));
}

/** Receives until this many messages are there, exactly this many, asking for no more than are missing. */
export async function receive(
  source: QueueSource<Payload>,
  count: number,
  context: CaseContext,
): Promise<readonly QueueMessage<Payload>[]> {
  const messages: QueueMessage<Payload>[] = [];
  while (messages.length < count) {
    const maxMessages = Math.min(10, count - messages.length);
    const received = await context.within(
      `message ${messages.length + 1} of ${count}`,
      source.receive({ maxMessages, signal: context.signal }),
    );
    if (received.length > maxMessages) fail("receive gives no more than it was asked for", maxMessages, received.length);
    messages.push(...received);
  }
  return messages;
}

/** Receives the only message that there must be. */
export async function receiveOne(source: QueueSource<Payload>, context: CaseContext): Promise<QueueMessage<Payload>> {
  const [message] = await receive(source, 1, context);
  return message ?? fail("a message was received", 1, 0);
}

/**
 * Sends a sentinel and receives until it comes. Resolves to the texts of what came before it: a queue that keeps its order would have given
 * there whatever it had to give. Nothing is waited for, so nothing can be missed by waiting too little, only by a queue that keeps no order.
 */
export async function visibleNow(
  subject: QueueSourceSubject,
  source: QueueSource<Payload>,
  context: CaseContext,
): Promise<readonly string[]> {
  await context.within("sending the sentinel", subject.send([{ key: "sentinel", value: bytes("sentinel") }]));
  const before: string[] = [];
  for (;;) {
    const message = await receiveOne(source, context);
    const value = text(message.value) ?? "a tombstone";
    if (value === "sentinel") {
      await settle("ack", source, [message], context);
      return before;
    }
    before.push(value);
  }
}

/** Acks, nacks (without delay) or extends, and fails the case unless every result is ok. */
export async function settle(
  how: "ack" | "nack" | "extend",
  source: QueueSource<Payload>,
  messages: readonly QueueMessage<Payload>[],
  context: CaseContext,
): Promise<void> {
  const results = await context.within(
    how,
    call(
      how,
      source,
      messages.map(({ receipt }) => receipt),
      context,
    ),
  );
  equal(
    `the results of ${how}`,
    results,
    messages.map(() => ({ ok: true })),
  );
}

/** Calls one of the three that settle or extend. */
export function call(
  how: "ack" | "nack" | "extend",
  source: QueueSource<Payload>,
  receipts: readonly Receipt[],
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly ItemResult[]> {
  return how === "nack" ? source.nack(receipts, { delayMs: 0, signal }) : source[how](receipts, { signal });
}

/** The texts of messages. */
export function texts(messages: readonly QueueMessage<Payload>[]): readonly (string | null)[] {
  return messages.map(({ value }) => text(value));
}
