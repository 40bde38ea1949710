import { expect, test } from "vitest";
import { KafkaError } from "../client/kafka-error.ts";
import type { KafkaPort } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { fakePort, unused } from "../testing/fake-port.ts";
import { gatheredOutputs } from "../transactions/gathered-outputs.ts";
import { acquire } from "./acquire.ts";
import { coordinatorOf } from "./coordinator.ts";

const calls = { signal: new AbortController().signal };

/** A cluster that knows offset 7 of every partition, and answers so to the takeover of transactions. */
function cluster(initTransactions: KafkaPort["initTransactions"]): { readonly port: KafkaPort; readonly asked: string[] } {
  const asked: string[] = [];
  const port = fakePort({
    coordinator: () => Promise.resolve(1),
    initTransactions(broker, request, options) {
      asked.push(`take over ${request.transactionalId}`);
      return initTransactions(broker, request, options);
    },
    committed(_broker, _groupId, partitions) {
      asked.push(`offsets of ${partitions.map(({ partition }) => partition).join()}`);
      return Promise.resolve(partitions.map((at) => ({ ...at, offset: 7, metadata: "" })));
    },
    commit: () => Promise.resolve(),
  });
  return { port, asked };
}

function acquireBoth(port: KafkaPort): ReturnType<typeof acquire> {
  const directory: TopicDirectory = { start: unused, refresh: unused, topics: unused, problem: unused, leader: unused };
  const transactions = { timeoutMs: 1_000, outputs: gatheredOutputs(1_000) };
  const coordinator = coordinatorOf(port, { groupId: "g" });
  const context = { port, coordinator, directory, groupId: "g", start: { at: "earliest" }, transactions, warn: unused } as const;
  const partitions = [0, 1].map((partition) => ({ topic: "orders", partition }));
  return acquire(context, { generation: 1, memberId: "m" }, partitions, [], calls);
}

test("T29: offsets are asked for when the partitions' transactions are taken over, and never before", async () => {
  const { port, asked } = cluster((_broker, { transactionalId }) => Promise.resolve({ transactionalId, producerId: 1n, epoch: 0 }));
  const found = await acquireBoth(port);
  expect(found.map(({ id, committed }) => [id, committed.offset])).toEqual([
    ["orders-0", 7],
    ["orders-1", 7],
  ]);
  expect(asked).toEqual(["take over spillway/g/orders/0", "take over spillway/g/orders/1", "offsets of 0,1"]);
});

test("T23: a partition whose last transaction is just being ended holds up no other", async () => {
  const { port, asked } = cluster((_broker, { transactionalId }) =>
    transactionalId.endsWith("/0")
      ? Promise.reject(
          new KafkaError("busy", { type: "CONCURRENT_TRANSACTIONS", code: "SPILLWAY_KAFKA_REFUSED", failureClass: "transient" }),
        )
      : Promise.resolve({ transactionalId, producerId: 1n, epoch: 0 }),
  );
  const found = await acquireBoth(port);
  expect(found.map(({ id }) => id)).toEqual(["orders-1"]);
  expect(asked.at(-1)).toBe("offsets of 1");
});

test("transactions that may not be used are fatal", async () => {
  const forbidden = { type: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", code: "SPILLWAY_KAFKA_PERMISSION", failureClass: "fatal" } as const;
  const { port } = cluster(() => Promise.reject(new KafkaError("no permission", forbidden)));
  await expect(acquireBoth(port)).rejects.toMatchObject({ code: "SPILLWAY_KAFKA_PERMISSION" });
});
