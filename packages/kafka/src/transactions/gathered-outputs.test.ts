import type { PartitionId } from "@spillway/spec";
import { expect, test } from "vitest";
import { gatheredOutputs } from "./gathered-outputs.ts";
import type { Output } from "./output.ts";

const partition = "orders-0" as PartitionId;
const writer: Output["writer"] = { codec: 0, maxBatchBytes: 1_000, produce: () => Promise.resolve(), refresh: () => Promise.resolve() };

function output(offset: number, text: string): Output {
  return { from: partition, offset, to: { topic: "charged", partition: 0 }, message: { value: Buffer.from(text) }, bytes: 10, writer };
}

function texts(outputs: readonly Output[]): readonly string[] {
  return outputs.map(({ message }) => String(message.value));
}

test("what is taken comes in the order in which it was gathered, and the rest stays", () => {
  const gathered = gatheredOutputs();
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
  expect(gathered.take(partition, () => true)).toEqual([]);
});

test("what a partition that was given up had gathered is forgotten", () => {
  const gathered = gatheredOutputs();
  gathered.open(partition);
  gathered.place(partition)?.add(output(1, "old"));
  gathered.close(partition);
  expect(gathered.place(partition)).toBeUndefined();
  gathered.open(partition);
  expect(gathered.take(partition, () => true)).toEqual([]);
});

test("a write that began before a partition was given up adds nothing to what is gathered when it is held again", () => {
  const gathered = gatheredOutputs();
  gathered.open(partition);
  const late = gathered.place(partition);
  gathered.close(partition);
  gathered.open(partition);
  expect(late?.add(output(1, "late"))).toBe(false);
  expect(gathered.take(partition, () => true)).toEqual([]);
});
