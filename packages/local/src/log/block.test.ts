import type { OutgoingMessage, Payload } from "@spillway/spec";
import { expect, test } from "vitest";
import type { StoredRecord } from "../record/stored-record.ts";
import { placeBlock, prepareBlocks, readBlock, type Block } from "./block.ts";

const messages: readonly OutgoingMessage<Payload>[] = [
  { value: Buffer.from("plain") },
  {
    key: "größe",
    value: Buffer.from("with a key"),
    headers: [
      ["a", "1"],
      ["a", Buffer.from([0, 255])],
      ["", ""],
    ],
  },
  { key: Buffer.from([0, 1, 2]), value: null },
  { key: "", value: Buffer.alloc(0) },
];

function placed(): Buffer {
  const [block] = prepareBlocks(messages);
  if (block === undefined) throw new RangeError("no block");
  return placeBlock(block, 1_000_000_000_000, 1_700_000_000_000);
}

function recordsOf(block: Block, from: number): readonly (readonly [number, StoredRecord])[] {
  const records: (readonly [number, StoredRecord])[] = [];
  block.each(from, (sequence, record) => records.push([sequence, record]));
  return records;
}

test("what a block holds comes back as it was given, from any message on", () => {
  const block = readBlock(placed(), "block");
  const read = recordsOf(block, 0).map(([sequence, record]) => ({
    sequence: sequence - 1_000_000_000_000,
    key: record.originalKey,
    value: record.payload,
    headers: record.headers,
  }));
  expect(read).toEqual(messages.map(({ key, value, headers = [] }, sequence) => ({ sequence, key, value, headers })));
  expect(recordsOf(block, 1_000_000_000_002).map(([sequence]) => sequence)).toEqual([1_000_000_000_002, 1_000_000_000_003]);
  expect(block).toMatchObject({ count: 4, timestampMs: 1_700_000_000_000 });
});

test("a block with any bit changed is refused", () => {
  const sound = placed();
  for (let at = 0; at < sound.length; at += 1) {
    const damaged = Buffer.from(sound);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    expect(() => readBlock(damaged, "block"), `byte ${at}`).toThrow(expect.objectContaining({ code: "SPILLWAY_FORMAT" }) as Error);
  }
});

test("a block of another format is refused, as what a newer release wrote or as damage", () => {
  const other = placed();
  other[0] = 2;
  expect(() => readBlock(other, "Block 7")).toThrow(
    expect.objectContaining({
      code: "SPILLWAY_FORMAT",
      message: expect.stringMatching(/^Block 7 is stored in format 2, .*Upgrade .*; if none did, it is damaged: restore/) as string,
    }) as Error,
  );
});

test("a block cut short is refused", () => {
  const sound = placed();
  for (let length = 0; length < sound.length; length += 1) {
    expect(() => readBlock(sound.subarray(0, length), "block")).toThrow(expect.objectContaining({ code: "SPILLWAY_FORMAT" }) as Error);
  }
});

test("many messages, and large ones, are spread over blocks without losing any", () => {
  const many = Array.from({ length: 5_000 }, (_, n) => ({ value: Buffer.alloc(n % 700 === 0 ? 50_000 : 3, n) }));
  const blocks = prepareBlocks(many);
  expect(blocks.reduce((sum, { count }) => sum + count, 0)).toBe(5_000);
  let sequence = 0;
  let equal = 0;
  for (const block of blocks) {
    for (const [at, record] of recordsOf(readBlock(placeBlock(block, sequence, 1), "block"), 0)) {
      if (many[at]?.value.equals(record.payload ?? Buffer.alloc(1)) === true) equal += 1;
    }
    sequence += block.count;
  }
  expect(equal).toBe(5_000);
});
