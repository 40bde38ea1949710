import { checkpoint, constant, consume, decode, haltOnFailure, handle, publish, retry, text } from "@spillway/core";
import type { Payload, Sink } from "@spillway/spec";
import { messages, runUntilEnded } from "./on-memory.ts";

let writes = 0;
const charged: Sink<Payload> = {
  name: "charged",
  traits: { maxBatchSize: 10, order: "none" },
  async write(receipts) {
    writes += 1;
    console.log(`write ${writes} of ${receipts.length}: ${writes === 1 ? "no answer" : "confirmed"}`);
    if (writes === 1) throw new Error("no answer");
    return receipts.map(() => ({ ok: true }));
  },
};

const published = consume(messages("A=order 1", "B=order 2"), { ordering: "key" }).pipe(
  decode(text()),
  handle((order) => {
    console.log(`charges ${order}`);
    return `receipt of ${order}`;
  }),
  publish(charged, (receipt, { message }) => ({ key: message.key, value: Buffer.from(receipt) }), { lingerMs: 50 }),
  retry({ attempts: 3, backoff: constant(50) }),
  haltOnFailure(),
  checkpoint(),
);

await runUntilEnded(2, published);
