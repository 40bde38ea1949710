import type { FileHandle } from "node:fs/promises";
import type { Snapshot } from "./snapshot.ts";

// mdb.c: page flags, node flags, and the "no page" number. A node is lo, hi, flags, key size (16 bits each), then the key and its data.
const branch = 0x01;
const leaf = 0x02;
const bigData = 0x01;
const noPage = 0xffff_ffff_ffff_ffffn;
const headerBytes = 24;
const nodeBytes = 8;

/** Whether a snapshot's trees refer to a page that the file no longer has, or cannot be walked at all. Reads tree pages only, no values. */
export async function referencesBeyond(file: FileHandle, snapshot: Snapshot, pages: bigint): Promise<boolean> {
  const waiting = [snapshot.freeRoot, snapshot.mainRoot].filter((root) => root !== noPage);
  const page = Buffer.alloc(snapshot.pageSize);
  // A damaged tree may refer to itself; no sound one has more tree pages than the file has pages.
  for (let visited = 0; waiting.length > 0; visited += 1) {
    const number = waiting.pop() ?? 0n;
    if (number >= pages || visited > pages) return true;
    await file.read(page, 0, page.length, Number(number) * snapshot.pageSize);
    const references = referencesOf(page);
    if (references === undefined) return true;
    for (const { from, count } of references.values) if (from + count > pages) return true;
    waiting.push(...references.children);
  }
  return false;
}

interface References {
  readonly children: readonly bigint[];
  readonly values: readonly { readonly from: bigint; readonly count: bigint }[];
}

function referencesOf(page: Buffer): References | undefined {
  const flags = page.readUInt16LE(18);
  const isBranch = (flags & branch) !== 0;
  if (!isBranch && (flags & leaf) === 0) return undefined;
  const children: bigint[] = [];
  const values: { from: bigint; count: bigint }[] = [];
  // "lower" counts from the header's end in this version, and holds one 16-bit offset for each node.
  const nodes = page.readUInt16LE(20) >> 1;
  for (let index = 0; index < nodes; index += 1) {
    const pointerAt = headerBytes + index * 2;
    if (pointerAt + 2 > page.length) return undefined;
    const at = page.readUInt16LE(pointerAt) + headerBytes;
    if (at + nodeBytes > page.length) return undefined;
    const low = BigInt(page.readUInt16LE(at)) | (BigInt(page.readUInt16LE(at + 2)) << 16n);
    const nodeFlags = page.readUInt16LE(at + 4);
    if (isBranch) {
      children.push(low | (BigInt(nodeFlags) << 32n));
    } else if ((nodeFlags & bigData) !== 0) {
      const data = at + nodeBytes + page.readUInt16LE(at + 6);
      if (data + 24 > page.length) return undefined;
      values.push({ from: page.readBigUInt64LE(data), count: page.readBigUInt64LE(data + 16) });
    }
  }
  return { children, values };
}
