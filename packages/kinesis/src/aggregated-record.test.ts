import { createHash } from "node:crypto";
import type { _Record } from "@aws-sdk/client-kinesis";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { PartitionId, Position, StartPosition } from "@spillway/spec";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unpackAggregated, type UserRecord } from "./aggregated-record.ts";
import { hashKeyOf } from "./hash-key.ts";
import { shardCursor } from "./shard-cursor.ts";
import { rangeOf, type ShardRange } from "./shard-range.ts";

const magic = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2);
const shard = "shardId-000000000000" as PartitionId;

/** What the Kinesis Producer Library makes of user records: every key once in its table. */
function aggregate(records: readonly UserRecord[], change: (body: Uint8Array) => Uint8Array = (body) => body): Uint8Array {
  const keys = [...new Set(records.map(({ partitionKey }) => partitionKey))];
  const hashKeys = [...new Set(records.flatMap(({ explicitHashKey }) => explicitHashKey ?? []))];
  const writer = new BinaryWriter();
  for (const key of keys) writer.tag(1, WireType.LengthDelimited).string(key);
  for (const key of hashKeys) writer.tag(2, WireType.LengthDelimited).string(key);
  for (const { partitionKey, explicitHashKey, data } of records) {
    writer.tag(3, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Varint).uint64(keys.indexOf(partitionKey));
    if (explicitHashKey !== undefined) writer.tag(2, WireType.Varint).uint64(hashKeys.indexOf(explicitHashKey));
    writer.tag(3, WireType.LengthDelimited).bytes(data);
    // A tag, which consumers may ignore.
    writer.tag(4, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string("tag").join();
    writer.join();
  }
  return framed(change(writer.finish()));
}

function framed(body: Uint8Array): Uint8Array {
  return Buffer.concat([magic, body, createHash("md5").update(body).digest()]);
}

/** User records in a form that compares well: a Buffer and a Uint8Array of the same bytes are the same. */
const plain = (records: readonly UserRecord[] | undefined) => records?.map((record) => ({ ...record, data: [...record.data] }));
const user = (partitionKey: string, text: string, explicitHashKey?: string): UserRecord => ({
  partitionKey,
  explicitHashKey,
  data: Buffer.from(text),
});

describe("an aggregated record", () => {
  test("unpacks into its user records with their own keys, explicit hash keys and bytes", () => {
    const records = [user("a", "one"), user("b", "two", "340282366920938463463374607431768211455"), user("a", "")];
    expect(plain(unpackAggregated(aggregate(records)))).toEqual(plain(records));
  });

  test("unpacks whatever its keys and bytes are", () => {
    const record = fc.record({
      partitionKey: fc.string({ minLength: 1, unit: "grapheme" }),
      explicitHashKey: fc.option(fc.constantFrom("0", "17"), { nil: undefined }),
      data: fc.uint8Array(),
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
        expect(plain(unpackAggregated(aggregate(records)))).toEqual(plain(records));
      }),
    );
  });

  // As bytes, and not by our own writer: one key "k", one record with that key and the data "v".
  test("is read from bytes that were put together by hand", () => {
    const body = Uint8Array.of(0x0a, 1, 0x6b, 0x1a, 5, 0x08, 0, 0x1a, 1, 0x76);
    expect(plain(unpackAggregated(framed(body)))).toEqual([{ partitionKey: "k", explicitHashKey: undefined, data: [0x76] }]);
  });

  test.each([
    ["too short", magic],
    ["of another format", Buffer.from("an ordinary payload that is long enough")],
    ["with a wrong digest", Buffer.concat([aggregate([user("a", "one")]).subarray(0, -1), Uint8Array.of(0)])],
    ["cut off", aggregate([user("a", "one")]).subarray(0, -3)],
    ["with the magic number by chance", Buffer.concat([magic, Buffer.alloc(100, 7)])],
    ["with a damaged body under a right digest", aggregate([user("a", "one")], (body) => body.subarray(0, -2))],
    ["whose key index is in no table", framed(Uint8Array.of(0x0a, 1, 0x6b, 0x1a, 5, 0x08, 9, 0x1a, 1, 0x76))],
    ["whose hash key index is in no table", framed(Uint8Array.of(0x0a, 1, 0x6b, 0x1a, 7, 0x08, 0, 0x10, 3, 0x1a, 1, 0x76))],
    ["without user records", framed(Uint8Array.of(0x0a, 1, 0x6b))],
  ])("%s is an ordinary record", (_name, data) => {
    expect(unpackAggregated(data)).toBeUndefined();
  });

  test("gives user records or nothing, whatever the bytes: it never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (body) => {
        const unpacked = unpackAggregated(framed(body));
        expect(unpacked === undefined || unpacked.length > 0).toBe(true);
      }),
    );
  });
});

describe("positions within an aggregated record", () => {
  const arrivedAt = new Date(1_700_000_000_000);
  const outer = (sequenceNumber: string, data: Uint8Array): _Record => ({
    SequenceNumber: sequenceNumber,
    PartitionKey: "outer",
    Data: data,
    ApproximateArrivalTimestamp: arrivedAt,
  });
  const page = [
    outer("10", Buffer.from("plain")),
    outer("20", aggregate([user("a", "0"), user("b", "1"), user("a", "2"), user("c", "3")])),
    outer("30", Buffer.from("last")),
  ];
  const at = (from: StartPosition) => shardCursor({ shard, range: undefined }, from, 0);

  test("count its user records from 0; other records have their sequence number alone", () => {
    const cursor = at({ at: "earliest" });
    cursor.start();
    const { messages } = cursor.advance(page);
    expect(messages.map(({ position, key }) => [position, key])).toEqual([
      ["10", "outer"],
      ["20:0", "a"],
      ["20:1", "b"],
      ["20:2", "a"],
      ["20:3", "c"],
      ["30", "outer"],
    ]);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(6);
  });

  test.each([
    ["10", ["20:0", "20:1", "20:2", "20:3", "30"]],
    ["20:0", ["20:1", "20:2", "20:3", "30"]],
    ["20:2", ["20:3", "30"]],
    ["20:3", ["30"]],
    ["30", []],
  ])("let reading go on after %s with exactly the rest", (position, rest) => {
    const cursor = at({ at: "after", position: position as Position });
    const { StartingSequenceNumber, ShardIteratorType } = cursor.start();
    expect([ShardIteratorType, StartingSequenceNumber]).toEqual(["AT_SEQUENCE_NUMBER", position.split(":")[0]]);
    const { messages, lost } = cursor.advance(
      page.filter(({ SequenceNumber }) => Number(SequenceNumber) >= Number(StartingSequenceNumber)),
    );
    expect(messages.map((message) => message.position)).toEqual(rest);
    expect(lost).toBeUndefined();
  });

  test("a position that is none is refused as a format error", () => {
    expect(() => at({ at: "after", position: "abc" as Position })).toThrow(/not a position/);
  });
});

describe("user records that belong to another shard", () => {
  const range = rangeOf({ HashKeyRange: { StartingHashKey: "100", EndingHashKey: String(2n ** 128n - 1n) } });
  const page = (...users: readonly UserRecord[]): readonly _Record[] => [
    { SequenceNumber: "10", PartitionKey: "x", Data: Buffer.from("plain") },
    { SequenceNumber: "20", PartitionKey: "x", Data: aggregate(users) },
  ];
  /** By their partition keys all belong to the shard; by explicit hash keys "1" and "3" do not. */
  const users = [user("a", "0", "100"), user("b", "1", "99"), user("c", "2"), user("d", "3", "0")];
  const read = (from: StartPosition, asked: ShardRange | undefined, records = page(...users)) => {
    const cursor = shardCursor({ shard, range: asked }, from, 0);
    const { StartingSequenceNumber = "0" } = cursor.start();
    const { messages, lost } = cursor.advance(
      records.filter(({ SequenceNumber }) => Number(SequenceNumber) >= Number(StartingSequenceNumber)),
    );
    return { cursor, positions: messages.map(({ position }) => position), lost };
  };

  test("are given like the others where nothing else is asked", () => {
    expect(read({ at: "earliest" }, undefined)).toMatchObject({ positions: ["10", "20:0", "20:1", "20:2", "20:3"], lost: undefined });
  });

  test("are left out where that is asked, by their explicit hash key where they have one, and counted; the others keep their positions", () => {
    const dropped = { count: 2, reason: expect.stringContaining("belong to another shard") as string };
    expect(read({ at: "earliest" }, range)).toMatchObject({ positions: ["10", "20:0", "20:2"], lost: dropped });
    expect(read({ at: "after", position: "20:0" as Position }, range)).toMatchObject({ positions: ["20:2"], lost: dropped });
    expect(read({ at: "after", position: "20:2" as Position }, range)).toMatchObject({ positions: [], lost: { count: 1 } });
  });

  test("are not counted again when reading begins anew behind them", () => {
    const { cursor } = read({ at: "earliest" }, range);
    expect(cursor.start().StartingSequenceNumber).toBe("20");
    expect(cursor.advance(page(...users).slice(1))).toEqual({ messages: [], lost: undefined });
  });

  test("are told by their partition key where they have no explicit one, and taken where that is no number", () => {
    const upper = rangeOf({ HashKeyRange: { StartingHashKey: String(2n ** 127n), EndingHashKey: String(2n ** 128n - 1n) } });
    const [low = "", high = ""] = [true, false].map((isLow) => ["a", "b", "c", "d", "e"].find((key) => hashKeyOf(key) < "8" === isLow));
    const records = page(user(low, "0"), user(high, "1"), user(low, "2", "no number"));
    expect(read({ at: "earliest" }, upper, records)).toMatchObject({ positions: ["10", "20:1", "20:2"], lost: { count: 1 } });
  });

  test("are told together with a gap, as a loss without a number", () => {
    const { lost } = read({ at: "after", position: "5" as Position }, range);
    expect(lost).toEqual({ count: undefined, reason: expect.stringMatching(/record 5.*; and .*another shard/) as string });
  });
});
