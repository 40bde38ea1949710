import { expect, test } from "vitest";
import { createBackends } from "../backends.ts";
import { refused } from "../testing/refused.ts";
import { memoryScheme } from "./memory.ts";

const { signal } = new AbortController();
const messages = [{ key: "k", value: new Uint8Array([1]) }];

test("URLs of one name lead to the same queue, and another scheme has its own", async () => {
  const scheme = memoryScheme();
  const sink = await createBackends([scheme]).open("sink", "memory:jobs?as=queue");
  expect(await sink.write(messages, { signal })).toEqual([{ ok: true }]);
  const source = await createBackends([scheme]).open("source", "memory:jobs?as=queue");
  const other = await createBackends([memoryScheme()]).open("source", "memory:jobs?as=queue");
  if (source.kind !== "queue" || other.kind !== "queue") throw new Error("no queue");
  expect(await source.receive({ maxMessages: 10, signal })).toHaveLength(1);
  expect(await other.receive({ maxMessages: 10, signal })).toHaveLength(0);
});

test("sources of one scheme share their stores", async () => {
  const backends = createBackends([memoryScheme()]);
  const [one, other] = [await backends.open("source", "memory:a?consumer=c"), await backends.open("source", "memory:b?consumer=c")];
  const stores = await backends.open("stores", "memory:stores");
  if (one.kind !== "log" || other.kind !== "log") throw new Error("no log");
  expect(one.coordination).toEqual(other.coordination);
  expect(one.coordination).toMatchObject({ by: "leases", leases: stores.leases });
});

test("a log without a name, or without anybody who reads it, is refused", async () => {
  const backends = createBackends([memoryScheme()]);
  await expect(backends.open("sink", "memory:")).rejects.toEqual(refused("must name a log or a queue"));
  await expect(backends.open("source", "memory:orders")).rejects.toEqual(refused(/must know who reads: add "consumer=/));
});
