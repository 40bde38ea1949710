import type { OutgoingMessage, PartitionId, Payload } from "@spillway/spec";
import { expect, test } from "vitest";
import { KafkaMessage } from "../read/kafka-message.ts";
import { byteReader } from "../wire/byte-reader.ts";
import { recordBatch } from "../wire/record-batch.ts";
import { gatheredOutputs } from "./gathered-outputs.ts";
import { gatherOutputs, placeMessages } from "./gather-outputs.ts";
import type { Output } from "./output.ts";

const partition = "orders-0" as PartitionId;
const writer: Output["writer"] = { codec: 0, maxBatchBytes: 100, produce: () => Promise.resolve(), refresh: () => Promise.resolve() };
const context = { topic: "charged", writer, partitionOf: () => 1 };
const recordsAt = 61;

async function read(offset: number): Promise<KafkaMessage> {
  const identity = { producerId: 1n, epoch: 0, firstSequence: 0, isTransactional: false };
  const batch = await recordBatch([{ value: Buffer.from("order") }], identity, 0, 0);
  return new KafkaMessage(partition, byteReader(batch, recordsAt), offset, 0, undefined);
}

function codes(results: ReturnType<typeof gatherOutputs>): readonly string[] {
  return results.map((result) => (result.ok ? "ok" : String((result.error as Error & { code?: string }).code)));
}

test("a message that is too large fails at once, while it can become a dead letter, and those of its key behind it are not tried", async () => {
  const outputs = gatheredOutputs(1_000);
  outputs.open(partition);
  const sourceMessage = await read(4);
  const message = (key: string, bytes: number): OutgoingMessage<Payload> => ({ key, value: Buffer.alloc(bytes), sourceMessage });
  const messages = [message("k", 1), message("k", 200), message("k", 2), message("other", 3)];
  const results = gatherOutputs(placeMessages(messages, "charged", outputs), context);
  expect(codes(results)).toEqual(["ok", "SPILLWAY_OVERSIZE", "SPILLWAY_NOT_ATTEMPTED", "ok"]);
  const { outputs: taken } = outputs.take(partition, (offset) => offset === 4);
  expect(taken.map(({ to, message: { value } }) => [to.partition, value?.length])).toEqual([
    [1, 1],
    [1, 3],
  ]);
});

test("what is gathered does not change when the caller uses its memory again", async () => {
  const outputs = gatheredOutputs(1_000);
  outputs.open(partition);
  const [key, value, header] = ["key", "value", "header"].map((text) => Buffer.from(text));
  if (key === undefined || value === undefined || header === undefined) throw new Error("There are three.");
  const message: OutgoingMessage<Payload> = { key, value, headers: [["name", header]], sourceMessage: await read(0) };
  gatherOutputs(placeMessages([message], "charged", outputs), context);
  for (const bytes of [key, value, header]) bytes.fill(0);
  const [output] = outputs.take(partition, () => true).outputs;
  expect([output?.message.key, output?.message.value, output?.message.headers?.[0]?.[1]].map(String)).toEqual(["key", "value", "header"]);
});

test("what came of a message whose partition was given up meanwhile is refused", async () => {
  const outputs = gatheredOutputs(1_000);
  outputs.open(partition);
  const placed = placeMessages([{ value: null, sourceMessage: await read(0) }], "charged", outputs);
  outputs.close(partition);
  expect(codes(gatherOutputs(placed, context))).toEqual(["SPILLWAY_LEASE_LOST"]);
});
