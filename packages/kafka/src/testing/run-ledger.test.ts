import type { OutgoingMessage, PartitionId, Payload } from "@spillway/spec";
import { expect, test } from "vitest";
import { decompress } from "../wire/codecs.ts";
import type { KafkaMessage } from "../read/kafka-message.ts";
import { recordBatch } from "../wire/record-batch.ts";
import { readRecordSet } from "../wire/record-set.ts";
import { runLedger } from "./run-ledger.ts";

const [one, other] = [{}, {}];

/** A message of a load. */
async function message(value: string): Promise<KafkaMessage> {
  const outgoing: OutgoingMessage<Payload> = { value: Buffer.from(value) };
  const batch = await recordBatch([outgoing], { producerId: 1n, epoch: 0, firstSequence: 0, isTransactional: false }, 0, 0);
  const [read] = (await readRecordSet("t-0" as PartitionId, batch, 0, [], decompress)).messages;
  if (read === undefined) throw new Error("The message was not read.");
  return read;
}

test("a message that starts beside another one of its key is a violation, whoever runs them", async () => {
  const ledger = runLedger();
  ledger.start(await message("k#0"), one);
  ledger.start(await message("k#1"), other);
  expect(ledger.violations).toContain("k#1 started while k#0 ran");
});

test("what a killed member ran is gone, and what it finishes afterwards did not happen", async () => {
  const ledger = runLedger();
  const first = ledger.start(await message("k#0"), one);
  ledger.forget(one);
  const again = ledger.start(await message("k#0"), other);
  first();
  expect(ledger.successes.size).toBe(0);
  again();
  expect(ledger.violations).toEqual([]);
  expect(ledger.twice()).toEqual([]);
  expect(ledger.successes.get("k#0")).toBe(1);
});

test("what others run stays when a member is killed", async () => {
  const ledger = runLedger();
  ledger.start(await message("k#0"), other);
  ledger.forget(one);
  ledger.start(await message("k#0"), other);
  expect(ledger.violations).toEqual(["k#0 started while k#0 ran"]);
});
