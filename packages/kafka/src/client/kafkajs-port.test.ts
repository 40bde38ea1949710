import { afterEach, expect, test } from "vitest";
import { fakeBroker, fakeNode, fakeTopic, stored } from "../testing/fake-broker.ts";
import type { ProduceAnswer } from "../wire/produce.ts";
import { kafkajsPort } from "./kafkajs-port.ts";

const calls = { signal: new AbortController().signal };
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Asks a broker that answers so to store a batch. */
async function produced(answers: readonly ProduceAnswer[]): Promise<number> {
  const broker = await fakeBroker(() => answers);
  const port = kafkajsPort(broker.client);
  ends.push(
    () => broker.close(),
    () => port.close(),
  );
  await port.metadata([fakeTopic], calls);
  const request = {
    topic: fakeTopic,
    partition: 0,
    batch: Buffer.from("batch"),
    acks: -1,
    timeoutMs: 1_000,
    transactionalId: undefined,
  } as const;
  return port.produce(fakeNode, request, calls);
}

test("an answer about the batch's partition alone confirms it", async () => {
  expect(await produced([stored])).toBe(stored.baseOffset);
});

test.each([
  ["without an entry", []],
  ["with two entries", [stored, { ...stored, partition: 1 }]],
  ["about another partition", [{ ...stored, partition: 1 }]],
  ["about another topic", [{ ...stored, topic: "other" }]],
])("an answer %s is not taken for a confirmation, and may be asked for again", async (_which, answers) => {
  await expect(produced(answers)).rejects.toMatchObject({ code: "SPILLWAY_RESULT_MISMATCH", failureClass: "transient" });
});
