import type { QueueSourceSubject } from "@spillway/conformance";
import type { ItemResult, Payload, QueueMessage, QueueSource, Receipt } from "@spillway/spec";

type Source = QueueSource<Payload>;
type Message = QueueMessage<Payload>;

/** Breaks every source that the subject gives. */
export function sources(subject: QueueSourceSubject, change: (source: Source) => Source): QueueSourceSubject {
  return { ...subject, source: () => change(subject.source()) };
}

/** Breaks each message received. */
export function messages(subject: QueueSourceSubject, change: (message: Message) => Message): QueueSourceSubject {
  return sources(subject, (source) => ({ ...source, receive: async (options) => (await source.receive(options)).map(change) }));
}

/** Breaks ack, nack and extend alike. */
export function settling(
  subject: QueueSourceSubject,
  change: (
    settle: (receipts: readonly Receipt[]) => Promise<readonly ItemResult[]>,
    receipts: readonly Receipt[],
  ) => Promise<readonly ItemResult[]>,
): QueueSourceSubject {
  return sources(subject, (source) => ({
    ...source,
    ack: (receipts, options) => change((given) => source.ack(given, options), receipts),
    nack: (receipts, options) => change((given) => source.nack(given, options), receipts),
    extend: (receipts, options) => change((given) => source.extend(given, options), receipts),
  }));
}
