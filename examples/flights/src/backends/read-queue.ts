import type { Payload, QueueMessage, QueueSource } from "@spillway/spec";
import { askMs } from "./server-backend.ts";

/** Reads what a queue without groups holds: borrows all of it, and gives it back. */
export async function readQueue(source: QueueSource<Payload>): Promise<readonly QueueMessage<Payload>[]> {
  const signal = AbortSignal.timeout(askMs);
  const messages: QueueMessage<Payload>[] = [];
  for (;;) {
    const more = await source.receive({ maxMessages: 10, signal });
    if (more.length === 0) break;
    messages.push(...more);
  }
  const receipts = messages.map(({ receipt }) => receipt);
  if (receipts.length > 0) await source.nack(receipts, { delayMs: 0, signal });
  return messages;
}
