import type { Payload, Sink } from "@spillway/spec";

/** A sink that writes lines to the console. */
export const consoleSink: Sink<Payload> = {
  name: "console",
  traits: { maxBatchSize: 100, order: "write" },
  async write(messages) {
    for (const { key, value } of messages) console.log(key, value);
    return messages.map(() => ({ ok: true }));
  },
};
