import { requireWithin, SpillwayError } from "@spillway/spec";
import type { Kafka } from "kafkajs";
import { gatheredOutputs } from "./transactions/gathered-outputs.ts";
import type { TransactionScope } from "./transactions/transaction-scope.ts";

/** How transactions are made. */
export interface KafkaTransactionsOptions {
  /**
   * How long one transaction may take before it is given up, by this process as by the broker, and so how long at most a process that dies in one holds
   * up readers of what others write behind it. Within the broker's transaction.max.timeout.ms. Default: 60,000.
   */
  readonly timeoutMs?: number;
  /**
   * How many bytes of outputs may wait in memory for their checkpoints, of all partitions together. When there are that many the source hands over nothing
   * more until checkpoints have stored some; the outputs of what it has handed over by then may come on top. Default: 67,108,864 (64 MiB).
   */
  readonly maxOutputBytes?: number;
}

/** Joins one source and the sinks of its pipeline: given to all of them, it makes what they write and the offsets one. */
export interface KafkaTransactions {
  /** As in the options. */
  readonly timeoutMs: number;
  /** As in the options. */
  readonly maxOutputBytes: number;
}

interface Joined extends TransactionScope {
  client: Kafka | undefined;
  hasSource: boolean;
}

const joined = new WeakMap<KafkaTransactions, Joined>();

/**
 * Makes a pipeline from Kafka to Kafka exactly-once. Each checkpoint becomes a transaction: it commits the offsets, and with them everything that the
 * sinks were given for the messages that are settled by it. A read_committed reader sees both or neither, whatever dies in between. Handlers still run
 * at least once.
 *
 *     const transactions = kafkaTransactions();
 *     consume(kafkaSource({ client, topic: "orders", groupId: "charges", transactions }), { ordering: "key" })
 *     publish(kafkaSink({ client, topic: "charged", transactions }), (receipt) => ({ key: receipt.orderId, value: encode(receipt) }))
 */
export function kafkaTransactions(options: KafkaTransactionsOptions = {}): KafkaTransactions {
  const { timeoutMs = 60_000, maxOutputBytes = 64 * 1024 * 1024 } = options;
  requireWithin("timeoutMs of kafkaTransactions", timeoutMs, 1_000, 2 ** 31 - 1);
  requireWithin("maxOutputBytes of kafkaTransactions", maxOutputBytes, 1, Number.MAX_SAFE_INTEGER);
  const transactions: KafkaTransactions = { timeoutMs, maxOutputBytes };
  joined.set(transactions, { timeoutMs, outputs: gatheredOutputs(maxOutputBytes), client: undefined, hasSource: false });
  return transactions;
}

/** What the source of these transactions works with. Throws when there is one already. */
export function joinAsSource(transactions: KafkaTransactions, client: Kafka): TransactionScope {
  const scope = join(transactions, client);
  if (scope.hasSource) throw invalid("they belong to one source; make others for another source");
  scope.hasSource = true;
  return scope;
}

/** What a sink in these transactions works with. */
export function joinAsSink(transactions: KafkaTransactions, client: Kafka): TransactionScope {
  return join(transactions, client);
}

function join(transactions: KafkaTransactions, client: Kafka): Joined {
  const scope = joined.get(transactions);
  if (scope === undefined) throw invalid("make them with kafkaTransactions()");
  scope.client ??= client;
  // A transaction is one cluster's.
  if (scope.client !== client) throw invalid("give the source and its sinks the same client");
  return scope;
}

function invalid(what: string): SpillwayError {
  return new SpillwayError(`kafkaTransactions: ${what}.`, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}
