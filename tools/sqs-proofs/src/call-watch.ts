import type { ItemResult, Payload, QueueSource, Receipt } from "@spillway/spec";

/** What became of the calls that settle messages or keep them; messages are named by their payload. */
export interface CallWatch {
  /** Messages that were received, as often as they were. */
  readonly received: readonly string[];
  /** Messages whose deletion was confirmed. */
  readonly deleted: readonly string[];
  /** For each message: how many deletions, extensions and givings back of it were refused, or had no answer. Nothing else makes a queue give it out again. */
  readonly failed: ReadonlyMap<string, number>;
  /** The same source, watched. */
  watch<Source extends QueueSource<Payload>>(source: Source): Source;
}

/** Watches the calls of any number of sources. */
export function watchCalls(): CallWatch {
  const nameOf = new Map<Receipt, string>();
  const received: string[] = [];
  const deleted: string[] = [];
  const failed = new Map<string, number>();
  const noteFailed = (receipt: Receipt): void => {
    const name = nameOf.get(receipt) ?? "unknown";
    failed.set(name, (failed.get(name) ?? 0) + 1);
  };
  async function noted(receipts: readonly Receipt[], call: () => Promise<readonly ItemResult[]>): Promise<readonly ItemResult[]> {
    try {
      const results = await call();
      receipts.filter((_, index) => results[index]?.ok !== true).forEach(noteFailed);
      return results;
    } catch (error) {
      receipts.forEach(noteFailed);
      throw error;
    }
  }
  return {
    received,
    deleted,
    failed,
    watch: (source) => ({
      ...source,
      async receive(options) {
        const messages = await source.receive(options);
        for (const { receipt, value } of messages) {
          const name = new TextDecoder().decode(value ?? undefined);
          nameOf.set(receipt, name);
          received.push(name);
        }
        return messages;
      },
      async ack(receipts, options) {
        const results = await noted(receipts, () => source.ack(receipts, options));
        deleted.push(...receipts.filter((_, index) => results[index]?.ok).map((receipt) => nameOf.get(receipt) ?? "unknown"));
        return results;
      },
      nack: (receipts, options) => noted(receipts, () => source.nack(receipts, options)),
      extend: (receipts, options) => noted(receipts, () => source.extend(receipts, options)),
    }),
  };
}

/** The messages that ran again without as many failed calls as would explain it. */
export function unexplained(runs: ReadonlyMap<string, number>, { failed }: CallWatch): readonly string[] {
  return [...runs].filter(([name, count]) => count - 1 > (failed.get(name) ?? 0)).map(([name]) => name);
}
