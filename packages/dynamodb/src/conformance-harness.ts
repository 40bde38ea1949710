import { randomUUID } from "node:crypto";
import { DynamoDBClient, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import { localClientConfig } from "@spillway-tools/aws-fakes";
import type { CheckpointStoreHarness, LeaseStoreHarness, SinkHarness, StoredMessage } from "@spillway/conformance";
import type { FencingToken, Header, OutgoingMessage, PartitionId, Payload, Position } from "@spillway/spec";
import { dynamoDbSink } from "./dynamodb-sink.ts";
import type { TableWrite } from "./table-write.ts";
import { createTable } from "./testing/create-table.ts";
import { openKclTable } from "./testing/kcl-table.ts";
import { openTestTable } from "./testing/test-table.ts";

const deadlineMs = 20_000;

/** Checkpoints in a table, on a real DynamoDB Local. */
export function dynamoDbLocalCheckpointsHarness(endpoint: string): CheckpointStoreHarness {
  return checkpointsHarness("dynamodb on DynamoDB Local", endpoint);
}

/** Leases in a table, on a real DynamoDB Local. */
export function dynamoDbLocalLeasesHarness(endpoint: string): LeaseStoreHarness {
  return leasesHarness("dynamodb on DynamoDB Local", endpoint);
}

/** A table as a sink, on a real DynamoDB Local. */
export function dynamoDbLocalSinkHarness(endpoint: string): SinkHarness {
  return sinkHarness("table on DynamoDB Local", endpoint);
}

/** Checkpoints in a table, on dynalite. */
export function dynaliteCheckpointsHarness(endpoint: string): CheckpointStoreHarness {
  return checkpointsHarness("dynamodb on dynalite", endpoint);
}

/** Leases in a table, on dynalite. */
export function dynaliteLeasesHarness(endpoint: string): LeaseStoreHarness {
  return leasesHarness("dynamodb on dynalite", endpoint);
}

/** A table as a sink, on dynalite. */
export function dynaliteSinkHarness(endpoint: string): SinkHarness {
  return sinkHarness("table on dynalite", endpoint);
}

/** Checkpoints in the layout of the Kinesis Client Library, on a real DynamoDB Local. */
export function dynamoDbLocalKclCheckpointsHarness(endpoint: string): CheckpointStoreHarness {
  return kclCheckpointsHarness("dynamodb in KCL's layout on DynamoDB Local", endpoint);
}

/** Leases in the layout of the Kinesis Client Library, on a real DynamoDB Local. */
export function dynamoDbLocalKclLeasesHarness(endpoint: string): LeaseStoreHarness {
  return kclLeasesHarness("dynamodb in KCL's layout on DynamoDB Local", endpoint);
}

/** Checkpoints in the layout of the Kinesis Client Library, on dynalite. */
export function dynaliteKclCheckpointsHarness(endpoint: string): CheckpointStoreHarness {
  return kclCheckpointsHarness("dynamodb in KCL's layout on dynalite", endpoint);
}

/** Leases in the layout of the Kinesis Client Library, on dynalite. */
export function dynaliteKclLeasesHarness(endpoint: string): LeaseStoreHarness {
  return kclLeasesHarness("dynamodb in KCL's layout on dynalite", endpoint);
}

const oneConsumer = "the library's layout has one row a shard, so a table serves one consumer";

/** A checkpoint lies in its lease's row: an owner has a lease first, as in the engine. */
function kclCheckpointsHarness(name: string, endpoint: string): CheckpointStoreHarness {
  const scope = "consumer";
  const shards = Array.from({ length: 4 }, (_, n) => `shard-${n}` as PartitionId);
  return {
    name,
    lacks: { scopes: oneConsumer },
    deadlineMs,
    async open({ signal }) {
      const place = openKclTable(endpoint);
      let token = 0;
      return {
        store: () => place.stores().checkpoints,
        key: (n) => ({ scope, partition: `shard-${n}` as PartitionId }),
        position: (n) => String(10n ** 55n + BigInt(n)) as Position,
        async takeOver() {
          token += 1;
          const { leases } = place.stores();
          for (const partition of shards) {
            const record = {
              partition,
              parents: [],
              durationMs: 10_000,
              wantedBy: undefined,
              state: "open",
              start: { at: "earliest" },
            } as const;
            const next = { ...record, version: token, token: token as FencingToken, owner: `worker-${token}` };
            await leases.compareAndSet(scope, token === 1 ? undefined : token - 1, next, { signal });
          }
          return token as FencingToken;
        },
        corrupt: ({ partition }) => place.corrupt("checkpoint", partition),
        reopen: () => place.reopen(),
        close: () => place.close(),
      };
    },
  };
}

function kclLeasesHarness(name: string, endpoint: string): LeaseStoreHarness {
  return {
    name,
    lacks: { scopes: oneConsumer },
    deadlineMs,
    async open() {
      const place = openKclTable(endpoint);
      return {
        store: () => place.stores().leases,
        corrupt: (_scope, partition) => place.corrupt("lease", partition),
        reopen: () => place.reopen(),
        close: () => place.close(),
      };
    },
  };
}

function checkpointsHarness(name: string, endpoint: string): CheckpointStoreHarness {
  return {
    name,
    lacks: {},
    deadlineMs,
    async open() {
      const place = openTestTable(endpoint);
      let token = 0;
      return {
        store: () => place.stores().checkpoints,
        key: (n) => ({ scope: "consumer", partition: `shard-${n}` as PartitionId }),
        position: (n) => String(10n ** 55n + BigInt(n)) as Position,
        takeOver: async () => (token += 1) as FencingToken,
        corrupt: ({ scope, partition }) => place.corrupt("checkpoint", scope, partition),
        reopen: () => place.reopen(),
        close: () => place.close(),
      };
    },
  };
}

function leasesHarness(name: string, endpoint: string): LeaseStoreHarness {
  return {
    name,
    lacks: {},
    deadlineMs,
    async open() {
      const place = openTestTable(endpoint);
      return {
        store: () => place.stores().leases,
        corrupt: (scope, partition) => place.corrupt("lease", scope, partition),
        reopen: () => place.reopen(),
        close: () => place.close(),
      };
    },
  };
}

/** Messages as items: a table has no order of its own, so each item is numbered as it is put. */
function sinkHarness(name: string, endpoint: string): SinkHarness {
  return {
    name,
    deadlineMs,
    lacks: {
      keyOrder: "the sink promises no order: the engine writes one message of a lane at a time",
      deduplication: "the test's table has an item for each write, not for each message id",
    },
    async open({ signal }) {
      const tableName = `sink-${randomUUID()}`;
      let client = new DynamoDBClient(localClientConfig(endpoint));
      await createTable(client, tableName, { name: "number", type: "N" }, signal);
      let puts = 0;
      const toWrite = (message: OutgoingMessage<Payload>): TableWrite => {
        puts += 1;
        return { put: { ...toItem(message), number: { N: String(puts) } } };
      };
      return {
        sink: () => dynamoDbSink({ client, tableName, keyAttributes: ["number"], toWrite }),
        async stored() {
          const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
          return Items.toSorted((one, other) => Number(one.number?.N) - Number(other.number?.N)).map(toMessage);
        },
        largePayloadBytes: 390 * 1024,
        tooLargeBytes: 410 * 1024,
        async reopen() {
          client.destroy();
          client = new DynamoDBClient(localClientConfig(endpoint));
        },
        async close() {
          client.destroy();
        },
      };
    },
  };
}

function toItem({ key, value, headers = [] }: OutgoingMessage<Payload>): Record<string, AttributeValue> {
  return {
    ...(key !== undefined && { key: attribute(key) }),
    value: value === null ? { NULL: true } : { B: value },
    headers: { L: headers.map(([header, content]) => ({ L: [{ S: header }, attribute(content)] })) },
  };
}

function attribute(value: string | Uint8Array): AttributeValue {
  return typeof value === "string" ? { S: value } : { B: value };
}

function toMessage(item: Record<string, AttributeValue>): StoredMessage {
  const headers = (item.headers?.L ?? []).map(({ L }): Header => [L?.[0]?.S ?? "", L?.[1]?.S ?? L?.[1]?.B ?? ""]);
  return { key: item.key?.S ?? item.key?.B, value: item.value?.B ?? null, headers };
}
