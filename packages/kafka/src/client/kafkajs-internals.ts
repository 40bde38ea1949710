import { createRequire } from "node:module";
import type { Kafka } from "kafkajs";

/**
 * The parts of kafkajs 2.2.4 that the port stands on: its connections with their authentication, and its encoders of requests. They are not its
 * public API, which is why the peer is pinned to exactly this version; no other file knows them. Its consumer and producer are not used: docs/kafka.md
 * lists what they lose.
 */
export interface KafkajsBroker {
  readonly nodeId: number | null;
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: KafkajsConnectionPool;
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** Two connections to one broker: one for fetches, one for everything else. */
export interface KafkajsConnectionPool {
  readonly host: string;
  readonly port: number;
  readonly pool: readonly KafkajsConnection[];
  send(call: KafkajsCall): Promise<unknown>;
}

/** One connection. */
export interface KafkajsConnection {
  readonly socket?: { readonly destroyed: boolean; ref(): unknown; unref(): unknown };
  readonly requestQueue: KafkajsRequestQueue;
  connect(): Promise<unknown>;
}

/** The requests of one connection that are under way. */
export interface KafkajsRequestQueue {
  readonly pending: readonly unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  requestTimeoutIntervalId?: NodeJS.Timeout;
  readonly enforceRequestTimeout: boolean;
  readonly inflight: ReadonlyMap<number, { readonly sentAt: number; readonly requestTimeout: number; timeoutRequest(): void }>;
  isConnected(): boolean;
  destroy(): void;
  scheduleRequestTimeoutCheck(): void;
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
}

/** One request and how its answer is read. */
export interface KafkajsCall {
  readonly request: unknown;
  readonly response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
  readonly requestTimeout?: number;
  readonly logResponseError?: boolean;
}

/** The requests of one kind. */
export interface KafkajsRequests {
  readonly versions: readonly string[];
  protocol(options: { readonly version: number }): (parameters: object) => KafkajsCall;
}

/** What makes connections with the options of the caller's client. */
export interface KafkajsCluster {
  readonly connectionPoolBuilder: { build(address?: { readonly host: string; readonly port: number }): Promise<KafkajsConnectionPool> };
  readonly brokerPool: {
    createBroker(options: {
      readonly connectionPool: KafkajsConnectionPool;
      readonly logger: unknown;
      readonly nodeId?: number;
    }): KafkajsBroker;
  };
  readonly rootLogger: unknown;
}

interface KafkajsEncoder {
  writeBuffer(buffer: Buffer): this;
}

const load = createRequire(import.meta.url);

/** kafkajs's requests, by their names in the protocol. */
export const requests: Readonly<Record<string, KafkajsRequests>> = (
  load("kafkajs/src/protocol/requests") as { requests: Readonly<Record<string, KafkajsRequests>> }
).requests;
const Encoder = load("kafkajs/src/protocol/encoder") as new () => KafkajsEncoder;
const { createErrorFromCode } = load("kafkajs/src/protocol/error") as {
  createErrorFromCode(code: number): Error & { readonly type: string; readonly retriable: boolean };
};

/** What kafkajs is too old to know. */
const youngErrors: Readonly<Record<number, ReturnType<typeof errorOf>>> = {
  100: { type: "UNKNOWN_TOPIC_ID", retriable: true },
};

/** Kafka's name of an error code, and whether it may pass. */
export function errorOf(code: number): { readonly type: string; readonly retriable: boolean } {
  return youngErrors[code] ?? createErrorFromCode(code);
}

/** A request whose body is written already. */
export function rawRequest(apiKey: number, apiVersion: number, apiName: string, body: Buffer): unknown {
  return { apiKey, apiVersion, apiName, encode: () => Promise.resolve(new Encoder().writeBuffer(body)) };
}

/** The cluster of a consumer that is never started: a partition assigner's factory is handed it. */
export function clusterOf(client: Kafka): KafkajsCluster {
  let found: unknown;
  client.consumer({
    groupId: "spillway",
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster;
        return {
          name: "none",
          version: 0,
          assign: () => Promise.resolve([]),
          protocol: () => ({ name: "none", metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  return found as KafkajsCluster;
}

/**
 * kafkajs 2.2.4 wakes up once a millisecond for each connection that has ever been busy (its issue 1704), 5 to 7 percent of a core when idle, though
 * that timer is needed only while requests wait or a broker has asked for a pause; and ten times a second to look for requests that are too old, where
 * once is enough.
 */
export function quietTimers(queue: KafkajsRequestQueue): void {
  queue.scheduleCheckPendingRequests = () => {
    const throttledMs = queue.throttledUntil - Date.now();
    if (queue.throttleCheckTimeoutId !== null || (queue.pending.length === 0 && throttledMs <= 0)) return;
    queue.throttleCheckTimeoutId = setTimeout(
      () => {
        queue.throttleCheckTimeoutId = null;
        queue.checkPendingRequests();
      },
      Math.max(throttledMs, 10),
    );
  };
  queue.scheduleRequestTimeoutCheck = () => {
    if (!queue.enforceRequestTimeout) return;
    queue.destroy();
    queue.requestTimeoutIntervalId = setInterval(() => {
      for (const request of queue.inflight.values()) if (Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest();
      if (!queue.isConnected()) queue.destroy();
    }, 1_000);
  };
}

/** kafkajs 2.2.4 opens a socket for each call that finds the connection closed, and forgets all but the last: calls at once must share one. */
export function shareConnect(connection: KafkajsConnection): void {
  const connect = connection.connect.bind(connection);
  let underWay: Promise<unknown> | undefined;
  connection.connect = () => {
    underWay ??= connect().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
