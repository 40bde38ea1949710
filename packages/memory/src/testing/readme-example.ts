import { memoryLog, memorySource } from "../index.ts";

// A log of two partitions: a key decides which.
const log = memoryLog({ name: "orders", partitions: 2 });
log.append([
  { key: "ann", value: Buffer.from("coffee") },
  { key: "ben", value: Buffer.from("tea") },
  { key: "ann", value: Buffer.from("cake") },
]);

// In a pipeline, this is what consume() is given. By hand, it is read partition by partition.
const source = memorySource({ log, consumer: "kitchen" });
const { signal } = new AbortController();
for (const { id } of await source.partitions({ signal })) {
  for await (const { messages } of source.read(id, { from: { at: "earliest" }, signal })) {
    for (const { key, value, position } of messages) {
      process.stdout.write(`${id} ${position}: ${key} orders ${Buffer.from(value ?? []).toString()}\n`);
    }
    break; // the end for now; a pipeline would wait for more
  }
}
