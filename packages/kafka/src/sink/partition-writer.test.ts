import type { ItemResult } from "@spillway/spec";
import { expect, test } from "vitest";
import { answered } from "../client/kafka-error.ts";
import type { KafkaPort } from "../client/kafka-port.ts";
import { fakePort } from "../testing/fake-port.ts";
import { partitionWriter, type PartitionWriter } from "./partition-writer.ts";

/** A batch as it was sent: to which broker, under whose number, its first sequence number and how many messages. */
interface Sent {
  readonly broker: number;
  readonly producerId: bigint;
  readonly sequence: number;
  readonly count: number;
  readonly bytes: Buffer;
}

const context = { requestTimeoutMs: 1_000, codec: 0, maxBatchBytes: 1_000, lingerMs: 0, deliveryTimeoutMs: 30_000 };

/** A writer whose partition's leader is a broker with another number each time that the cluster is asked again. */
function writing(produce: (attempt: number) => Promise<void>, deliveryTimeoutMs = 30_000) {
  const sent: Sent[] = [];
  let identities = 0n;
  let leader = 1;
  const store: KafkaPort["produce"] = async (broker, { batch }) => {
    const [producerId, sequence, count] = [batch.readBigInt64BE(43), batch.readInt32BE(53), batch.readInt32BE(57)];
    sent.push({ broker, producerId, sequence, count, bytes: batch });
    await produce(sent.length);
    return 0;
  };
  const port = fakePort({
    produce: store,
    initProducerId() {
      identities += 1n;
      return Promise.resolve({ producerId: identities, epoch: 0 });
    },
  });
  const writer = partitionWriter(
    { topic: "orders", partition: 0 },
    {
      ...context,
      port,
      deliveryTimeoutMs,
      leader: () => leader,
      refresh() {
        leader += 1;
        return Promise.resolve();
      },
    },
  );
  return { sent, write: (...texts: readonly string[]) => Promise.all(texts.map((text) => settled(writer, text))) };
}

function settled(writer: PartitionWriter, text: string): Promise<ItemResult> {
  return new Promise((settle) => {
    writer.add([{ message: { value: Buffer.from(text) }, key: undefined, bytes: 10, failedKeys: new Set(), settle }]);
  });
}

const refused = (type: string): Promise<never> => Promise.reject(answered(type, "a test", true));
const done = (): Promise<void> => Promise.resolve();

test("T25: of writes at once one batch is under way at a time, and their numbers follow each other", async () => {
  let underWay = 0;
  let most = 0;
  const { sent, write } = writing(async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
  });
  const results = await Promise.all([write("a"), write("b", "c"), write("d")]);
  expect(results.flat().every(({ ok }) => ok)).toBe(true);
  expect(most).toBe(1);
  expect(sent.map(({ sequence, count }) => [sequence, count])).toEqual([
    [0, 1],
    [1, 3],
  ]);
});

test("T1: a batch without keys whose leader has moved goes to the new one as it was, to the same partition under the same number", async () => {
  const { sent, write } = writing((attempt) => (attempt === 1 ? refused("NOT_LEADER_FOR_PARTITION") : done()));
  expect(await write("a")).toEqual([{ ok: true }]);
  expect(sent.map(({ broker }) => broker)).toEqual([1, 2]);
  expect(sent[1]?.bytes).toEqual(sent[0]?.bytes);
});

test("T24: after a batch that was given up the next one is sent under another identity", async () => {
  let isAway = true;
  const { sent, write } = writing(() => (isAway ? refused("REQUEST_TIMED_OUT") : done()), 50);
  expect(await write("unsure")).toMatchObject([{ ok: false, error: { code: "SPILLWAY_KAFKA_UNREACHABLE" } }]);
  isAway = false;
  expect(await write("next")).toEqual([{ ok: true }]);
  expect([sent[0]?.producerId, sent.at(-1)?.producerId, sent.at(-1)?.sequence]).toEqual([1n, 2n, 0]);
});

test("T24: a producer whose numbers the broker has lost is not asked for ever", async () => {
  const { sent, write } = writing((attempt) => (attempt === 2 ? refused("OUT_OF_ORDER_SEQUENCE_NUMBER") : done()));
  expect(await write("a")).toEqual([{ ok: true }]);
  expect(await write("b")).toEqual([{ ok: true }]);
  expect(sent.map(({ producerId, sequence }) => [producerId, sequence])).toEqual([
    [1n, 0],
    [1n, 1],
    [2n, 0],
  ]);
});

test("T27: what failed at one partition is sent again by itself, while a slow neighbour's is on its way and is not", async () => {
  const sent: number[] = [];
  let answer: () => void = () => {};
  const slow = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const port = fakePort({
    initProducerId: () => Promise.resolve({ producerId: 1n, epoch: 0 }),
    async produce(_broker, { partition }) {
      sent.push(partition);
      if (partition === 1) await slow;
      else if (sent.filter((one) => one === 0).length === 1) await refused("NOT_LEADER_FOR_PARTITION");
      return 0;
    },
  });
  const [failing, waiting] = [0, 1].map((partition) =>
    partitionWriter({ topic: "orders", partition }, { ...context, port, leader: () => 1 + partition, refresh: done }),
  ) as [PartitionWriter, PartitionWriter];
  const neighbour = settled(waiting, "slow");
  expect(await settled(failing, "fails once")).toEqual({ ok: true });
  answer();
  expect(await neighbour).toEqual({ ok: true });
  expect(sent.toSorted()).toEqual([0, 0, 1]);
});
