// lmdb.h and mdb.c of LMDB 0.9.90 as lmdb 3.5 ships it: a page header of 24 bytes, then MDB_meta.
const offsets = {
  pageFlags: 18,
  magic: 24,
  version: 28,
  pageSize: 48,
  flags: 52,
  freeRoot: 88,
  mainRoot: 136,
  lastPage: 144,
  transaction: 152,
  bootId: 160,
};
const metaPageFlag = 0x08;
const unsyncedFlag = 0x1000;
const magic = 0xbeefc0de;

/** How much of a file, from where a snapshot is described, tells all of it. */
export const snapshotBytes = 168;

/** One state of the whole file, as one of its first pages describes it. */
export interface Snapshot {
  readonly pageSize: number;
  readonly lastPage: bigint;
  readonly freeRoot: bigint;
  readonly mainRoot: bigint;
  readonly transaction: bigint;
  /** The boot of the machine in which it was written without being synced; undefined when it was synced. */
  readonly unsyncedSinceBoot: bigint | undefined;
}

/** The data version that a meta page names; undefined when this is not one. */
export function versionOf(meta: Buffer): number | undefined {
  const isMeta = (meta.readUInt16LE(offsets.pageFlags) & metaPageFlag) !== 0;
  return isMeta && meta.readUInt32LE(offsets.magic) === magic ? meta.readUInt32LE(offsets.version) & 0xffff : undefined;
}

/** Reads a snapshot; undefined when its numbers cannot be right. */
export function parseSnapshot(bytes: Buffer): Snapshot | undefined {
  const pageSize = bytes.readUInt32LE(offsets.pageSize);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  return {
    pageSize,
    lastPage: bytes.readBigUInt64LE(offsets.lastPage),
    freeRoot: bytes.readBigUInt64LE(offsets.freeRoot),
    mainRoot: bytes.readBigUInt64LE(offsets.mainRoot),
    transaction: bytes.readBigUInt64LE(offsets.transaction),
    unsyncedSinceBoot: (bytes.readUInt16LE(offsets.flags) & unsyncedFlag) !== 0 ? bytes.readBigInt64LE(offsets.bootId) : undefined,
  };
}
