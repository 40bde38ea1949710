import type { Payload, QueueSource, Receipt } from "@spillway/spec";

/** A worker's source whose process can die. */
export interface Killable<Source> {
  readonly source: Source;
  /** From now on no call of it reaches the queue: nothing is settled, kept or given back, as when its process has died. Returns how many messages that strands. */
  kill(): number;
}

/** Makes a source killable. */
export function killable<Source extends QueueSource<Payload>>(source: Source): Killable<Source> {
  const lent = new Set<Receipt>();
  let dead = false;
  async function call<Answer>(make: () => Promise<Answer>): Promise<Answer> {
    if (dead) throw new Error("the process is dead");
    return await make();
  }
  async function settle<Answer>(receipts: readonly Receipt[], make: () => Promise<Answer>): Promise<Answer> {
    const answer = await call(make);
    for (const receipt of receipts) lent.delete(receipt);
    return answer;
  }
  return {
    source: {
      ...source,
      async receive(options) {
        const messages = await call(() => source.receive(options));
        for (const { receipt } of messages) lent.add(receipt);
        return messages;
      },
      ack: (receipts, options) => settle(receipts, () => source.ack(receipts, options)),
      nack: (receipts, options) => settle(receipts, () => source.nack(receipts, options)),
      extend: (receipts, options) => call(() => source.extend(receipts, options)),
    },
    kill() {
      dead = true;
      return lent.size;
    },
  };
}
