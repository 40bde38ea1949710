import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unpackAggregated } from "./aggregated-record.ts";
import { hashKeyFrom, hashKeyOf } from "./hash-key.ts";
import type { OutgoingRecord } from "./outgoing-record.ts";
import { maxAggregateBytes, planRound } from "./plan-round.ts";
import { toEntry, type PutEntry } from "./put-entry.ts";

const entriesOf = (...keys: readonly string[]): readonly PutEntry[] =>
  keys.map((key, n) => toEntry({ key, value: Buffer.from(`${n}`) }, n));
const indexesOf = (records: readonly OutgoingRecord[]) => records.map(({ entries }) => entries.map(({ index }) => index));
const none = () => undefined;
/** Two shards, each with half of all hash keys. */
const half = ({ partitionKey }: PutEntry): string => (hashKeyOf(partitionKey) < "8" ? "low" : "high");

describe("in key order", () => {
  test("records of a key are sent one after another, the others at once", () => {
    const records = planRound(entriesOf("a", "b", "a", "c", "b", "a"), { keepsKeyOrder: true, shardOf: none });
    expect(indexesOf(records)).toEqual([[0], [1], [3]]);
  });

  test("an aggregated record takes all messages of a key that it has room for", () => {
    const records = planRound(entriesOf("a", "b", "a", "a"), { keepsKeyOrder: true, shardOf: () => "one" });
    expect(indexesOf(records)).toEqual([[0, 1, 2, 3]]);
  });

  test("a key waits when its aggregated record is full, while others begin the next one", () => {
    const large = Buffer.alloc(maxAggregateBytes / 2);
    const entries = ["a", "b", "a", "c"].map((key, n) => toEntry({ key, value: large }, n));
    expect(indexesOf(planRound(entries, { keepsKeyOrder: true, shardOf: () => "one" }))).toEqual([[0], [1], [3]]);
  });

  test("no two records of a round hold the same key, and no message goes before an earlier one of its key", () => {
    const entry = fc.record({ key: fc.constantFrom("a", "b", "c", "d", "e"), size: fc.integer({ min: 0, max: 40_000 }) });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), (planned) => {
        const entries = planned.map(({ key, size }, n) => toEntry({ key, value: Buffer.alloc(size) }, n));
        const records = planRound(entries, { keepsKeyOrder: true, shardOf: half });
        const keys = records.flatMap((record) => [...new Set(record.entries.map(({ partitionKey }) => partitionKey))]);
        expect(new Set(keys).size).toBe(keys.length);
        for (const key of keys) {
          const all = entries.filter(({ partitionKey }) => partitionKey === key);
          const sent = records.flatMap((record) => record.entries).filter(({ partitionKey }) => partitionKey === key);
          expect(sent).toEqual(all.slice(0, sent.length));
        }
      }),
    );
  });
});

describe("an aggregated record", () => {
  test("holds messages of one shard, no more bytes than it may, and everything of them", () => {
    const entry = fc.record({
      key: fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }),
      size: fc.integer({ min: 0, max: 20_000 }),
    });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 30, size: "max" }), (planned) => {
        const entries = planned.map(({ key, size }, n) => toEntry({ key, value: Buffer.alloc(size, n) }, n));
        const records = planRound(entries, { keepsKeyOrder: false, shardOf: half });
        expect(records.flatMap((record) => record.entries).length).toBe(entries.length);
        for (const { entries: together, data, shardId, explicitHashKey } of records.filter((record) => record.entries.length > 1)) {
          expect(data.byteLength).toBeLessThanOrEqual(maxAggregateBytes);
          expect(new Set(together.map(half))).toEqual(new Set([shardId]));
          expect(BigInt(explicitHashKey ?? -1) < 2n ** 127n).toBe(shardId === "low");
          const unpacked = unpackAggregated(data)?.map(({ partitionKey, data: userData }) => [
            partitionKey,
            Buffer.from(userData).toString("latin1"),
          ]);
          expect(unpacked).toEqual(
            together.map(({ partitionKey, data: userData }) => [partitionKey, Buffer.from(userData).toString("latin1")]),
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  test("has room for explicit hash keys too, each once", () => {
    const entries = Array.from({ length: 3_000 }, (_, n) =>
      toEntry({ key: `${n}`, value: new Uint8Array() }, n, hashKeyFrom(String(2n ** 127n + BigInt(n >> 1)))),
    );
    const records = planRound(entries, { keepsKeyOrder: false, shardOf: () => "one" });
    expect(records.length).toBeGreaterThan(1);
    expect(records.flatMap((record) => record.entries).length).toBe(3_000);
    for (const { data, explicitHashKey, entries: together } of records) {
      expect(data.byteLength).toBeLessThanOrEqual(maxAggregateBytes);
      const hashKeys = unpackAggregated(data)?.map((user) => hashKeyFrom(user.explicitHashKey ?? "0"));
      expect(hashKeys).toEqual(together.map((entry) => entry.explicitHashKey));
      expect(hashKeyFrom(explicitHashKey ?? "0")).toBe(hashKeys?.[0]);
    }
  });

  test("is not made of one message, which any consumer can read as it is", () => {
    const [record] = planRound(entriesOf("a"), { keepsKeyOrder: false, shardOf: () => "one" });
    expect(record).toMatchObject({ partitionKey: "a", explicitHashKey: undefined, shardId: undefined, data: Buffer.from("0") });
  });
});
