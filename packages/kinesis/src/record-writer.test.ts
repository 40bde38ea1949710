import { KinesisClient } from "@aws-sdk/client-kinesis";
import {
  faultsInTurn,
  hastyClock,
  localClientConfig,
  seededRandom,
  startKinesisFake,
  type FakeShard,
  type KinesisFake,
} from "@spillway-tools/aws-fakes";
import { succeeded, type OutgoingMessage, type Payload, type SpillwayError } from "@spillway/spec";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unpackAggregated } from "./aggregated-record.ts";
import { hashKeyFrom, hashKeyOf } from "./hash-key.ts";
import { kinesisSink, type KinesisSinkOptions } from "./kinesis-sink.ts";

const { signal } = new AbortController();

let fake: KinesisFake;
let client: KinesisClient;

beforeEach(async () => {
  fake = await startKinesisFake({ shards: 4 });
  client = new KinesisClient(localClientConfig(fake.endpoint));
});
afterEach(async () => {
  client.destroy();
  await fake.stop();
});

const open = (options: Pick<KinesisSinkOptions, "order" | "aggregation" | "retries" | "explicitHashKey">) =>
  kinesisSink({ client, streamName: fake.streamName, clock: hastyClock(), ...options });
const ordered = { order: "key" } as const;
const aggregated = { aggregation: "kpl" } as const;
const both = { ...ordered, ...aggregated };

const message = (key: string, text: string): OutgoingMessage<Payload> => ({ key, value: Buffer.from(text) });
/** As many messages as that over so many keys, each with its number as its payload. */
const messages = (count: number, keys: number) => Array.from({ length: count }, (_, n) => message(`key-${n % keys}`, `${n}`));
const puts = () => fake.calls.filter(({ operation }) => operation === "PutRecords");
const entriesOf = (call: (typeof fake.calls)[number]) => call.input.Records as { PartitionKey: string; ExplicitHashKey?: string }[];

/** What each record of a shard holds: one message, or what it aggregates. */
const held = ({ records }: FakeShard) =>
  records.map(({ partitionKey, data }) => unpackAggregated(data) ?? [{ partitionKey, explicitHashKey: undefined, data }]);
const stored = () => fake.stream.shards().flatMap(held);
const textsOf = (key: string) =>
  stored()
    .flat()
    .flatMap(({ partitionKey, data }) => (partitionKey === key ? [Buffer.from(data).toString()] : []));
const codes = (results: Awaited<ReturnType<ReturnType<typeof open>["write"]>>) =>
  results.map((result) => (result.ok ? "ok" : (result.error as SpillwayError).code));
const describeStream = (change: object) =>
  faultsInTurn("DescribeStreamSummary", [
    { kind: "altered", input: {}, answer: (output) => ({ StreamDescriptionSummary: { ...Object.values(output)[0], ...change } }) },
  ]);

describe.each([
  ["without aggregation", ordered],
  ["with aggregation", both],
])("key order %s", (_name, options) => {
  test("stands whatever is refused: the messages of a key are stored in their order up to the first that failed", async () => {
    const random = seededRandom(5);
    fake.setEntryFaults(() => (random() < 0.4 ? "ProvisionedThroughputExceededException" : undefined));
    const sink = open({ ...options, retries: 1 });
    const seen = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      const keys = ["a", "b", "c", "d", "e"].map((letter) => `${letter}-${round}`);
      const written = Array.from({ length: 25 }, (_, n) => message(keys[n % 5] ?? "", `${n}`.padEnd(5_000)));
      const results = codes(await sink.write(written, { signal }));
      for (const code of results) seen.add(code);
      for (const key of keys) {
        const own = results.filter((_result, n) => written[n]?.key === key);
        const failed = own.findIndex((code) => code !== "ok");
        const confirmed = failed === -1 ? own : own.slice(0, failed);
        expect(own.slice(confirmed.length)).not.toContain("ok");
        const texts = written.flatMap(({ key: its, value }) => (its === key ? [Buffer.from(value ?? []).toString()] : []));
        expect(textsOf(key)).toEqual(texts.slice(0, confirmed.length));
      }
    }
    expect(seen).toEqual(new Set(["ok", "SPILLWAY_KINESIS_FAILED", "SPILLWAY_NOT_ATTEMPTED"]));
  });

  test("a lost answer fails its own messages, and those behind them are not attempted", async () => {
    fake.setFaults(faultsInTurn("PutRecords", [undefined, { kind: "answer-lost" }]));
    const large = (key: string, n: number) => message(key, `${n}`.padEnd(30_000));
    const written = [large("a", 0), large("a", 1), large("b", 2), large("a", 3)];
    expect(codes(await open(options).write(written, { signal }))).toEqual([
      "ok",
      "SPILLWAY_OUTCOME_UNKNOWN",
      "ok",
      "SPILLWAY_NOT_ATTEMPTED",
    ]);
  });

  test("is refused at once on a stream that ignores keys", async () => {
    fake.setFaults(describeStream({ RecordDistributionStrategy: "AUTO" }));
    await expect(open(options).write([message("a", "0")], { signal })).rejects.toMatchObject({
      code: "SPILLWAY_INVALID_OPTIONS",
      failureClass: "fatal",
    });
    expect(puts()).toEqual([]);
  });

  test("is what the sink's traits promise", () => {
    expect(open(options).traits.order).toBe("key");
  });
});

describe("without aggregation", () => {
  test("key order takes as many calls as the most frequent key has messages", async () => {
    const written = [...messages(6, 3), message("key-0", "6"), message("key-0", "7")];
    expect(codes(await open(ordered).write(written, { signal }))).not.toContain("SPILLWAY_NOT_ATTEMPTED");
    expect(puts().map((call) => entriesOf(call).map(({ PartitionKey }) => PartitionKey))).toEqual([
      ["key-0", "key-1", "key-2"],
      ["key-0", "key-1", "key-2"],
      ["key-0"],
      ["key-0"],
    ]);
  });
});

describe("with aggregation", () => {
  test("a write is one call with a record for each shard, each within that shard's hash keys", async () => {
    const results = await open(both).write(messages(2_000, 100), { signal });
    expect(results.every((result) => result === succeeded)).toBe(true);
    expect(puts()).toHaveLength(1);
    for (const shard of fake.stream.shards()) {
      expect(shard.records).toHaveLength(1);
      const keys = held(shard)
        .flat()
        .map(({ partitionKey }) => hashKeyOf(partitionKey));
      const [first, last] = [shard.startingHashKey, shard.endingHashKey].map((decimal) => hashKeyFrom(String(decimal)));
      expect(keys.every((key) => key >= (first ?? "") && key <= (last ?? ""))).toBe(true);
    }
    expect(stored().flat()).toHaveLength(2_000);
  });

  test("a message fails with its aggregated record, and no other does", async () => {
    const target = fake.stream.shards()[0];
    fake.setFaults((call) => {
      if (call.operation !== "PutRecords") return undefined;
      const isTarget = ({ ExplicitHashKey = "0" }) => BigInt(ExplicitHashKey) <= (target?.endingHashKey ?? 0n);
      const answer = (output: object) => ({
        FailedRecordCount: 1,
        Records: (output as { Records: object[] }).Records.map((each, n) =>
          isTarget(entriesOf(call)[n] ?? {}) ? { ErrorCode: "InternalFailure", ErrorMessage: "asked for by the test" } : each,
        ),
      });
      return { kind: "altered", input: call.input, answer };
    });
    const written = messages(200, 100);
    const results = codes(await open({ ...aggregated, retries: 0 }).write(written, { signal }));
    const inTarget = written.map(({ key }) => hashKeyOf(String(key)) <= hashKeyFrom(String(target?.endingHashKey)));
    expect(results).toEqual(inTarget.map((is) => (is ? "SPILLWAY_KINESIS_FAILED" : "ok")));
    expect(new Set(results).size).toBe(2);
  });

  test("what a split takes to the wrong shard is written again by itself, and is then where it belongs", async () => {
    const sink = open(both);
    await sink.write(messages(20, 20), { signal });
    for (const { id } of fake.stream.shards()) fake.stream.split(id);
    const again = Array.from({ length: 100 }, (_, n) => message(`key-${n}`, `again ${n}`));
    expect((await sink.write(again, { signal })).every(({ ok }) => ok)).toBe(true);

    const [, , resent] = puts().map(entriesOf);
    expect(resent?.map(({ ExplicitHashKey }) => ExplicitHashKey)).toEqual(again.map(() => undefined));

    const accepted = new Set<string>();
    for (const shard of fake.stream.shards()) {
      const [first, last] = [shard.startingHashKey, shard.endingHashKey].map((decimal) => hashKeyFrom(String(decimal)));
      for (const record of held(shard)) {
        const belongs = record.every(
          ({ partitionKey }) => hashKeyOf(partitionKey) >= (first ?? "") && hashKeyOf(partitionKey) <= (last ?? ""),
        );
        // As the Kinesis Client Library reads: a record of which one message is of another shard is dropped as a whole.
        if (belongs) for (const { data } of record) accepted.add(Buffer.from(data).toString());
      }
    }
    for (const { value } of again) expect(accepted).toContain(Buffer.from(value ?? []).toString());
    const calls = puts().length;
    expect((await sink.write(again, { signal })).every(({ ok }) => ok)).toBe(true);
    // The new shards are known now.
    expect(puts().length).toBe(calls + 1);
  });

  test("what a merge takes to the one shard that is left is not written again", async () => {
    const sink = open(aggregated);
    await sink.write(messages(20, 20), { signal });
    const [one = "", other = ""] = fake.stream.shards().map(({ id }) => id);
    fake.stream.merge(one, other);
    const calls = puts().length;
    expect((await sink.write(messages(100, 100), { signal })).every(({ ok }) => ok)).toBe(true);
    expect(puts().length).toBe(calls + 1);
  });

  test("a message too large to share a record goes alone", async () => {
    const results = await open(both).write([message("a", "0"), message("b", "x".repeat(60_000)), message("a", "2")], { signal });
    expect(results).toEqual([succeeded, succeeded, succeeded]);
    expect(textsOf("a")).toEqual(["0", "2"]);
    expect(textsOf("b")).toEqual(["x".repeat(60_000)]);
  });

  test("a listing in the midst of a split makes messages go alone, until the shards are known", async () => {
    const [parent = ""] = fake.stream.shards().map(({ id }) => id);
    const [left, right] = fake.stream.split(parent);
    fake.hideShard(left);
    fake.hideShard(right);
    const sink = open(aggregated);
    expect((await sink.write(messages(100, 100), { signal })).every(({ ok }) => ok)).toBe(true);
    expect(stored().flat()).toHaveLength(100);
    fake.showShard(left);
    fake.showShard(right);
    const before = stored().length;
    await sink.write(messages(100, 100), { signal });
    expect(stored().length - before).toBe(5);
  });
});

describe("explicit hash keys", () => {
  const last = String(2n ** 128n - 1n);
  /** "first" and "last" are placed at either end of all hash keys, other keys are not placed. */
  const explicitHashKey = ({ key }: OutgoingMessage<Payload>): string | undefined => ({ first: "0", last })[String(key)];
  const placed = (records: ReturnType<typeof stored>[number]) => records.filter(({ partitionKey }) => /first|last/.test(partitionKey));

  test("decide about a message's shard in place of its key", async () => {
    const results = await open({ explicitHashKey }).write([message("first", "0"), message("a", "1"), message("last", "2")], { signal });
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(puts().flatMap(entriesOf)).toMatchObject([{ ExplicitHashKey: "0" }, { PartitionKey: "a" }, { ExplicitHashKey: last }]);
    expect(puts().flatMap(entriesOf)[1]?.ExplicitHashKey).toBeUndefined();
    const shards = fake.stream.shards();
    expect([shards.at(0), shards.at(-1)].map((shard) => shard?.records.map(({ partitionKey }) => partitionKey))).toEqual([
      expect.arrayContaining(["first"]),
      expect.arrayContaining(["last"]),
    ]);
  });

  test("decide which aggregated record a message joins, and travel with it", async () => {
    const many = Array.from({ length: 300 }, (_, n) => message(["first", "last", `key-${n}`][n % 3] ?? "", `${n}`));
    const results = await open({ ...aggregated, explicitHashKey }).write(many, { signal });
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(puts()).toHaveLength(1);
    const perShard = fake.stream.shards().map((shard) => placed(held(shard).flat()));
    expect(perShard.map((users) => [...new Set(users.map((user) => `${user.partitionKey} at ${user.explicitHashKey}`))])).toEqual([
      ["first at 0"],
      [],
      [],
      [`last at ${last}`],
    ]);
    expect(perShard.flat()).toHaveLength(200);
  });

  test("tell whether a split has taken a record to the wrong shard, and go with a message that is written again", async () => {
    const parent = fake.stream.shards().at(-1);
    const middle = ((parent?.startingHashKey ?? 0n) + (parent?.endingHashKey ?? 0n)) / 2n;
    // Both keys belong into the left half; the second message is placed in the right one.
    const [here = "", away = ""] = Array.from({ length: 1_000 }, (_, n) => `key-${n}`).filter((key) => {
      const hash = BigInt(`0x${hashKeyOf(key)}`);
      return hash >= (parent?.startingHashKey ?? 0n) && hash <= middle;
    });
    const sink = open({ ...aggregated, explicitHashKey: ({ key }) => (key === away ? last : undefined) });
    await sink.write([message(here, "0"), message(away, "0")], { signal });
    fake.stream.split(parent?.id ?? "");
    const results = await sink.write([message(here, "1"), message(away, "2")], { signal });
    expect(results.every(({ ok }) => ok)).toBe(true);
    const resent = puts().map(entriesOf).at(-1);
    expect(resent?.map(({ PartitionKey, ExplicitHashKey }) => [PartitionKey, ExplicitHashKey])).toEqual([
      [here, undefined],
      [away, last],
    ]);
    expect(
      fake.stream
        .shards()
        .at(-1)
        ?.records.map(({ partitionKey }) => partitionKey),
    ).toEqual([away]);
  });

  test("that are none fail their message alone, as permanent, and those behind it of its key in key order", async () => {
    const given: Record<string, () => unknown> = {
      ok: () => "17",
      none: () => undefined,
      large: () => String(2n ** 128n),
      signed: () => "-1",
      text: () => "0x11",
      number: () => 17,
      thrown: () => {
        throw new Error("no place");
      },
    };
    const asked = (m: OutgoingMessage<Payload>) => given[String(m.key)]?.() as string | undefined;
    const written = Object.keys(given).map((key) => message(key, key));
    const results = await open({ explicitHashKey: asked }).write(written, { signal });
    const bad = "SPILLWAY_KINESIS_HASH_KEY";
    expect(codes(results)).toEqual(["ok", "ok", bad, bad, bad, bad, bad]);
    expect(results.flatMap((result) => (result.ok ? [] : [(result.error as SpillwayError).failureClass]))).toEqual(
      Array(5).fill("permanent"),
    );
    expect(stored().flat()).toHaveLength(2);

    let calls = 0;
    const second = open({ ...ordered, explicitHashKey: () => (++calls === 2 ? "x" : "0") });
    expect(codes(await second.write([message("a", "0"), message("a", "1"), message("a", "2")], { signal }))).toEqual([
      "ok",
      bad,
      "SPILLWAY_NOT_ATTEMPTED",
    ]);
  });
});
