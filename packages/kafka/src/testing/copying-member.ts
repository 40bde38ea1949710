import { setTimeout as sleep } from "node:timers/promises";
import type { Kafka } from "kafkajs";
import { kafkaSink } from "../kafka-sink.ts";
import { kafkaSource } from "../kafka-source.ts";
import { kafkaTransactions } from "../kafka-transactions.ts";
import { miniEngine, type MiniEngine } from "./mini-engine.ts";

/** What a copying member copies, and as whom. */
export interface Copying {
  readonly from: string;
  readonly to: string;
  readonly groupId: string;
}

/** Joins a group that copies one topic to another in transactions, every message taking some milliseconds. */
export function copyingMember(client: Kafka, { from, to, groupId }: Copying): MiniEngine {
  const transactions = kafkaTransactions({ timeoutMs: 20_000 });
  const source = kafkaSource({
    client,
    topic: from,
    groupId,
    transactions,
    sessionTimeoutMs: 1_500,
    heartbeatIntervalMs: 300,
    drainTimeoutMs: 10_000,
  });
  const sink = kafkaSink({ client, topic: to, transactions });
  return miniEngine({
    source,
    saved: () => undefined,
    saveEveryMs: 100,
    async handle(message, over) {
      await sleep(message.offset % 7);
      if (over.aborted) return;
      const { key, value } = message;
      const [result] = await sink.write([{ key, value, sourceMessage: message }], { signal: new AbortController().signal });
      // What an aborted attempt wrote is void, so whether it was taken is nobody's concern.
      if (result?.ok === false && !("code" in result.error && result.error.code === "SPILLWAY_LEASE_LOST")) throw result.error;
    },
  });
}
