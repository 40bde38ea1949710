import type { ItemResult, Payload, QueueSource, Receipt } from "@spillway/spec";

/** Which messages were not kept in time: between two of their calls lay more than their visibility, so that SQS may have given them to somebody else. */
export interface KeepWatch {
  /** By their payload. This machine, or the server on it, was too slow for them, or nobody asked: of these nothing can be said. */
  readonly slipped: ReadonlySet<string>;
  /** The same source, watched. */
  watch<Source extends QueueSource<Payload>>(source: Source): Source;
}

/** Watches the receives, extensions and deletions of any number of sources. */
export function watchKeeping(nowMs: () => number = () => performance.now()): KeepWatch {
  const nameOf = new Map<Receipt, string>();
  /** When the visibility of each message began at the earliest. */
  const keptSinceMs = new Map<string, number>();
  const slipped = new Set<string>();

  return {
    slipped,
    watch(source) {
      function look(name: string): void {
        if (nowMs() - (keptSinceMs.get(name) ?? nowMs()) > source.visibilityTimeoutMs) slipped.add(name);
      }
      async function noted(receipts: readonly Receipt[], call: () => Promise<readonly ItemResult[]>): Promise<readonly ItemResult[]> {
        const sinceMs = nowMs();
        const results = await call();
        for (const [index, receipt] of receipts.entries()) {
          const name = nameOf.get(receipt) ?? "unknown";
          look(name);
          // What failed has kept nothing: the next call tells whether it comes in time.
          if (results[index]?.ok === true) keptSinceMs.set(name, sinceMs);
        }
        return results;
      }
      return {
        ...source,
        async receive(options) {
          const sinceMs = nowMs();
          const messages = await source.receive(options);
          for (const { receipt, value } of messages) {
            const name = new TextDecoder().decode(value ?? undefined);
            nameOf.set(receipt, name);
            look(name);
            keptSinceMs.set(name, sinceMs);
          }
          return messages;
        },
        ack: (receipts, options) => noted(receipts, () => source.ack(receipts, options)),
        extend: (receipts, options) => noted(receipts, () => source.extend(receipts, options)),
      };
    },
  };
}
