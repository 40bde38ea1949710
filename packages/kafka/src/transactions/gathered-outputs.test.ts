import type { PartitionId } from "@spillway/spec";
import { expect, test } from "vitest";
import { gatheredOutputs, type GatheredOutputs, type TakenOutputs } from "./gathered-outputs.ts";
import type { Output } from "./output.ts";

const partition = "orders-0" as PartitionId;
const writer: Output["writer"] = { codec: 0, maxBatchBytes: 1_000, produce: () => Promise.resolve(), refresh: () => Promise.resolve() };

function output(offset: number, text: string): Output {
  return { from: partition, offset, to: { topic: "charged", partition: 0 }, message: { value: Buffer.from(text) }, bytes: 10, writer };
}

function texts({ outputs }: TakenOutputs): readonly string[] {
  return outputs.map(({ message }) => String(message.value));
}

/** Two outputs of ten bytes each, where there is room for less than twenty bytes. */
function full(): GatheredOutputs {
  const gathered = gatheredOutputs(20);
  gathered.open(partition);
  for (const offset of [1, 2]) gathered.place(partition)?.add(output(offset, "x"));
  return gathered;
}

/** Says whether a reader that waits for room has it by now. */
function reader(gathered: GatheredOutputs, signal = new AbortController().signal): () => Promise<boolean> {
  let goesOn = false;
  void gathered.room({ signal }).then(() => {
    goesOn = true;
  });
  return async () => {
    // Whatever goes on by itself has gone on by then.
    await new Promise(setImmediate);
    return goesOn;
  };
}

test("what is taken comes in the order in which it was gathered, and the rest stays", () => {
  const gathered = gatheredOutputs(1_000);
  gathered.open(partition);
  const place = gathered.place(partition);
  for (const [offset, text] of [
    [5, "a"],
    [3, "b"],
    [5, "c"],
    [4, "d"],
  ] as const)
    place?.add(output(offset, text));
  expect(texts(gathered.take(partition, (offset) => offset !== 4))).toEqual(["a", "b", "c"]);
  expect(texts(gathered.take(partition, () => true))).toEqual(["d"]);
  expect(texts(gathered.take(partition, () => true))).toEqual([]);
});

test("what a partition that was given up had gathered is forgotten", () => {
  const gathered = gatheredOutputs(1_000);
  gathered.open(partition);
  gathered.place(partition)?.add(output(1, "old"));
  gathered.close(partition);
  expect(gathered.place(partition)).toBeUndefined();
  gathered.open(partition);
  expect(texts(gathered.take(partition, () => true))).toEqual([]);
});

test("a write that began before a partition was given up adds nothing to what is gathered when it is held again", () => {
  const gathered = gatheredOutputs(1_000);
  gathered.open(partition);
  const late = gathered.place(partition);
  gathered.close(partition);
  gathered.open(partition);
  expect(late?.add(output(1, "late"))).toBe(false);
  expect(texts(gathered.take(partition, () => true))).toEqual([]);
});

test("a reader waits while the bound is reached, and goes on when what was taken is stored, not before", async () => {
  const gathered = full();
  const goesOn = reader(gathered);
  const { release } = gathered.take(partition, (offset) => offset === 1);
  expect(await goesOn()).toBe(false);
  release();
  expect(await goesOn()).toBe(true);
});

test("a reader that asks while there is room does not wait", async () => {
  const gathered = gatheredOutputs(20);
  gathered.open(partition);
  gathered.place(partition)?.add(output(1, "x"));
  expect(await reader(gathered)()).toBe(true);
});

test("what is stored without making room enough lets nobody go on", async () => {
  const gathered = full();
  gathered.place(partition)?.add(output(3, "x"));
  const goesOn = reader(gathered);
  gathered.take(partition, (offset) => offset === 1).release();
  expect(await goesOn()).toBe(false);
});

test("a partition that is given up makes room with what it had, and what it had taken out makes room when its transaction is over", async () => {
  const gathered = full();
  const goesOn = reader(gathered);
  const { release } = gathered.take(partition, (offset) => offset === 1);
  gathered.close(partition);
  expect(await goesOn()).toBe(true);
  gathered.open(partition);
  gathered.place(partition)?.add(output(1, "x"));
  const next = reader(gathered);
  expect(await next()).toBe(false);
  release();
  expect(await next()).toBe(true);
});

test("whoever stops waiting is let go", async () => {
  const stop = new AbortController();
  const goesOn = reader(full(), stop.signal);
  expect(await goesOn()).toBe(false);
  stop.abort();
  expect(await goesOn()).toBe(true);
});
