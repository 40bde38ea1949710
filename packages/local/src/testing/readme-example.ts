import { localSource, localTable, openLocal, openLog } from "../index.ts";

const store = await openLocal({ directory: process.argv[2] ?? "./data" });

// A durable, partitioned log: a key decides its partition for good.
const flights = await openLog({ store, log: "flights", partitions: 4 });
await flights.append([
  { key: "ATL", value: Buffer.from(JSON.stringify({ origin: "ATL", delay: 12 })) },
  { key: "ORD", value: Buffer.from(JSON.stringify({ origin: "ORD", delay: 3 })) },
]);

// In a pipeline, this is what consume() is given. By hand, it is read partition by partition.
const source = localSource({ store, log: "flights", consumer: "statistics" });
const delays = localTable<number>({ store, table: "delays" });
const { signal } = new AbortController();
for (const { id } of await source.partitions({ signal })) {
  for await (const { messages, behindMs } of source.read(id, { from: { at: "earliest" }, signal })) {
    for (const { key = "", value } of messages) {
      const { delay } = JSON.parse(Buffer.from(value ?? []).toString()) as { readonly delay: number };
      await delays.update(key, (sum = 0) => sum + delay);
    }
    if (behindMs === 0) break; // the end for now; a pipeline would wait for more
  }
}

for await (const [airport, minutes] of delays.entries()) process.stdout.write(`${airport} ${minutes}\n`);
await store.close();
