import type { Kafka } from "kafkajs";
import { KafkaError } from "./kafka-error.ts";
import type { BrokerAddress } from "./kafka-port.ts";
import { clusterOf, quietTimers, shareConnect, type KafkajsBroker, type KafkajsCluster } from "./kafkajs-internals.ts";

/** The connections to the brokers of one cluster, opened when they are needed. */
export interface BrokerConnections {
  /** A connection to any broker, an open one if there is one. */
  any(): Promise<KafkajsBroker>;
  /** A connection to this broker. Rejects when the broker is not known (yet): ask for metadata. */
  to(nodeId: number): Promise<KafkajsBroker>;
  /** Takes note of where brokers are. */
  learn(addresses: readonly BrokerAddress[]): void;
  /** Closes a broker's connections, so that the next call opens new ones. */
  drop(broker: KafkajsBroker): void;
  keepAlive(keep: boolean): void;
  close(): Promise<void>;
}

/** Keeps connections with the addresses, TLS and authentication of a client. */
export function brokerConnections(client: Kafka): BrokerConnections {
  let cluster: KafkajsCluster | undefined;
  const addresses = new Map<number, BrokerAddress>();
  const brokers = new Map<number | "seed", KafkajsBroker>();
  const opening = new Map<number | "seed", Promise<KafkajsBroker>>();
  let keep = true;

  async function open(key: number | "seed", address: BrokerAddress | undefined): Promise<KafkajsBroker> {
    cluster ??= clusterOf(client);
    const connectionPool = await cluster.connectionPoolBuilder.build(address);
    for (const connection of connectionPool.pool) {
      quietTimers(connection.requestQueue);
      shareConnect(connection);
    }
    const options = { connectionPool, logger: cluster.rootLogger };
    const broker = cluster.brokerPool.createBroker(address === undefined ? options : { ...options, nodeId: address.nodeId });
    try {
      await broker.connect();
    } catch (error) {
      await broker.disconnect();
      throw error;
    }
    brokers.set(key, broker);
    hold(broker, keep);
    return broker;
  }

  function connected(key: number | "seed", address: BrokerAddress | undefined): Promise<KafkajsBroker> {
    const known = brokers.get(key);
    if (known?.isConnected() === true) {
      hold(known, keep);
      return Promise.resolve(known);
    }
    const underWay = opening.get(key);
    if (underWay !== undefined) return underWay;
    const next = open(key, address).finally(() => opening.delete(key));
    opening.set(key, next);
    return next;
  }

  return {
    async any() {
      for (const [key, broker] of brokers) if (broker.isConnected()) return connected(key, undefined);
      for (const address of addresses.values()) {
        try {
          return await connected(address.nodeId, address);
        } catch {
          // The next one may answer; if none does, the first addresses are asked, and their failure is told.
        }
      }
      return connected("seed", undefined);
    },
    to(nodeId) {
      const address = addresses.get(nodeId);
      if (address !== undefined) return connected(nodeId, address);
      return Promise.reject(
        new KafkaError(`Broker ${nodeId} is not known. The cluster is asked again.`, {
          type: "BROKER_NOT_FOUND",
          code: "SPILLWAY_KAFKA_UNREACHABLE",
          failureClass: "transient",
        }),
      );
    },
    learn(news) {
      const seed = brokers.get("seed");
      for (const address of news) {
        const { host, port } = seed?.connectionPool ?? {};
        if (seed !== undefined && host === address.host && port === address.port && !brokers.has(address.nodeId)) {
          // The first address was this broker's: one connection to it is enough.
          brokers.delete("seed");
          brokers.set(address.nodeId, seed);
        }
        const old = addresses.get(address.nodeId);
        addresses.set(address.nodeId, address);
        const broker = brokers.get(address.nodeId);
        if (broker !== undefined && old !== undefined && (old.host !== address.host || old.port !== address.port))
          discard(address.nodeId, broker);
      }
    },
    drop(broker) {
      for (const [key, known] of brokers) if (known === broker) discard(key, broker);
    },
    keepAlive(next) {
      keep = next;
      for (const broker of brokers.values()) hold(broker, next);
    },
    async close() {
      await Promise.allSettled(opening.values());
      const open = [...brokers.values()];
      brokers.clear();
      await Promise.all(open.map((broker) => broker.disconnect()));
    },
  };

  function discard(key: number | "seed", broker: KafkajsBroker): void {
    brokers.delete(key);
    broker.disconnect().catch((error: unknown) => process.emitWarning(`A connection to Kafka could not be closed: ${String(error)}`));
  }
}

/** Decides whether open connections, and kafkajs's timer that watches over their requests, keep the process running. */
function hold(broker: KafkajsBroker, keep: boolean): void {
  for (const { socket, requestQueue } of broker.connectionPool.pool) {
    const action = keep ? "ref" : "unref";
    // A socket without a handle would keep the wish for when it is connected, once for each time it is told.
    if (socket?.destroyed === false) socket[action]();
    requestQueue.requestTimeoutIntervalId?.[action]();
  }
}
