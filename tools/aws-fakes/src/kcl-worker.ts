import { callDynamoDb } from "./call-dynamodb.ts";

/** A lease as version 3.5 of the Kinesis Client Library makes it of a row (DynamoDBLeaseSerializer.fromDynamoRecord), member by member. */
export interface KclLease {
  readonly leaseKey: string;
  readonly leaseOwner: string | undefined;
  readonly leaseCounter: bigint;
  readonly ownerSwitchesSinceCheckpoint: bigint;
  readonly checkpoint: KclCheckpoint;
  readonly pendingCheckpoint: KclCheckpoint | undefined;
  readonly pendingCheckpointState: Uint8Array | undefined;
  readonly parentShardIds: readonly string[];
  readonly childShardIds: readonly string[];
  readonly checkpointOwner: string | undefined;
}

/** The library's ExtendedSequenceNumber. */
export interface KclCheckpoint {
  readonly sequenceNumber: string;
  readonly subSequenceNumber: bigint;
}

/** What workers of the library do to their lease table, with the same calls, conditions and order of values as its DynamoDBLeaseRefresher. */
export interface KclWorker {
  /** Reads every lease; throws where the library would. */
  list(): Promise<readonly KclLease[]>;
  /** Creates a lease that does not exist yet. */
  create(lease: {
    readonly leaseKey: string;
    readonly checkpoint: string;
    readonly parents?: readonly string[];
    readonly owner?: string;
  }): Promise<void>;
  take(leaseKey: string): Promise<void>;
  renew(leaseKey: string): Promise<void>;
  checkpoint(leaseKey: string, checkpoint: string, subSequence?: number): Promise<void>;
  /** Removes the lease of a shard whose children are under way. */
  remove(leaseKey: string): Promise<void>;
}

type Wire = Readonly<Record<string, { S?: string; N?: string; B?: string; SS?: readonly string[] }>>;
type Updates = Record<string, { Action: "PUT" | "ADD" | "DELETE"; Value?: object }>;

const sentinels = ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", "SHARD_END"];

/** A worker over the table of an emulated DynamoDB. Its writes are attribute by attribute, with the older form of conditions, as the library has them. */
export function kclWorker(options: { readonly endpoint: string; readonly tableName: string; readonly workerId: string }): KclWorker {
  const { endpoint, tableName: TableName, workerId } = options;
  const key = (leaseKey: string): object => ({ leaseKey: { S: leaseKey } });

  async function rowOf(leaseKey: string): Promise<Wire> {
    const { Item } = (await callDynamoDb(endpoint, "GetItem", { TableName, Key: key(leaseKey), ConsistentRead: true })) as { Item?: Wire };
    if (Item === undefined) throw new Error(`there is no lease ${leaseKey}`);
    return Item;
  }

  /** Writes over the counter that was read, as every write of an owner does. */
  async function update(leaseKey: string, updatesOf: (lease: KclLease) => Updates): Promise<void> {
    const lease = toLease(await rowOf(leaseKey));
    const AttributeUpdates = { ...updatesOf(lease), leaseCounter: { Action: "PUT", Value: { N: String(lease.leaseCounter + 1n) } } };
    const Expected = { leaseCounter: { Value: { N: String(lease.leaseCounter) } } };
    await callDynamoDb(endpoint, "UpdateItem", { TableName, Key: key(leaseKey), AttributeUpdates, Expected });
  }

  return {
    async list() {
      const { Items } = (await callDynamoDb(endpoint, "Scan", { TableName, ConsistentRead: true })) as { Items: readonly Wire[] };
      return Items.filter(({ entityType }) => (entityType?.S ?? "LEASE") === "LEASE").map(toLease);
    },
    async create({ leaseKey, checkpoint, parents = [], owner }) {
      const Item = {
        leaseKey: { S: leaseKey },
        leaseCounter: { N: "0" },
        ...(owner !== undefined && { leaseOwner: { S: owner } }),
        ownerSwitchesSinceCheckpoint: { N: "0" },
        checkpoint: { S: checkpoint },
        checkpointSubSequenceNumber: { N: "0" },
        ...(parents.length > 0 && { parentShardId: { SS: parents } }),
        entityType: { S: "LEASE" },
      };
      await callDynamoDb(endpoint, "PutItem", { TableName, Item, Expected: { leaseKey: { Exists: false } } });
    },
    take: (leaseKey) =>
      update(leaseKey, ({ leaseOwner }) => ({
        leaseOwner: { Action: "PUT", Value: { S: workerId } },
        checkpointOwner: { Action: "DELETE" },
        ...(leaseOwner !== undefined && leaseOwner !== workerId && { ownerSwitchesSinceCheckpoint: { Action: "ADD", Value: { N: "1" } } }),
      })),
    renew: (leaseKey) => update(leaseKey, () => ({})),
    checkpoint: (leaseKey, checkpoint, subSequence = 0) =>
      update(leaseKey, () => ({
        checkpoint: { Action: "PUT", Value: { S: checkpoint } },
        checkpointSubSequenceNumber: { Action: "PUT", Value: { N: String(subSequence) } },
        ownerSwitchesSinceCheckpoint: { Action: "PUT", Value: { N: "0" } },
        pendingCheckpoint: { Action: "DELETE" },
        pendingCheckpointSubSequenceNumber: { Action: "DELETE" },
        pendingCheckpointState: { Action: "DELETE" },
      })),
    async remove(leaseKey) {
      await callDynamoDb(endpoint, "DeleteItem", { TableName, Key: key(leaseKey) });
    },
  };
}

function toLease(row: Wire): KclLease {
  const { leaseKey, leaseCounter, ownerSwitchesSinceCheckpoint, checkpoint, pendingCheckpoint, pendingCheckpointState } = row;
  if (leaseKey?.S === undefined || leaseCounter?.N === undefined || ownerSwitchesSinceCheckpoint?.N === undefined) {
    throw new Error(`the library meets a null in ${JSON.stringify(row)}`);
  }
  // An index of version 3 is keyed by the owner: an empty one could not be stored there.
  if (row.leaseOwner !== undefined && !row.leaseOwner.S) throw new Error("an owner is a text that is not empty");
  if (pendingCheckpointState !== undefined && pendingCheckpointState.B === undefined) throw new Error("the pending state is not bytes");
  return {
    leaseKey: leaseKey.S,
    leaseOwner: row.leaseOwner?.S,
    leaseCounter: BigInt(leaseCounter.N),
    ownerSwitchesSinceCheckpoint: BigInt(ownerSwitchesSinceCheckpoint.N),
    checkpoint: toCheckpoint(checkpoint?.S, row.checkpointSubSequenceNumber?.N),
    pendingCheckpoint: pendingCheckpoint?.S ? toCheckpoint(pendingCheckpoint.S, row.pendingCheckpointSubSequenceNumber?.N) : undefined,
    pendingCheckpointState: pendingCheckpointState?.B === undefined ? undefined : Buffer.from(pendingCheckpointState.B, "base64"),
    parentShardIds: row.parentShardId?.SS ?? [],
    childShardIds: row.childShardIds?.SS ?? [],
    checkpointOwner: row.checkpointOwner?.S,
  };
}

/** The library compares whole numbers and four words; anything else it refuses. */
function toCheckpoint(sequenceNumber: string | undefined, subSequence: string | undefined): KclCheckpoint {
  if (sequenceNumber === undefined || !(/^\d+$/.test(sequenceNumber) || sentinels.includes(sequenceNumber))) {
    throw new Error(`expected a sequence number or a sentinel checkpoint value but received ${String(sequenceNumber)}`);
  }
  return { sequenceNumber, subSequenceNumber: BigInt(subSequence ?? "0") };
}
