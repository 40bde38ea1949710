import { KinesisClient } from "@aws-sdk/client-kinesis";
import {
  faultsInTurn,
  hastyClock,
  localClientConfig,
  startKinesisFake,
  type HastyClock,
  type KinesisFake,
} from "@spillway-tools/aws-fakes";
import type { CheckpointStore, Clock, LeaseStore, LogBatch, PartitionId, Payload, StartPosition } from "@spillway/spec";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kinesisSource, type KinesisSource } from "./kinesis-source.ts";

const shard = "shardId-000000000000" as PartitionId;
const stores = { leases: {} as LeaseStore, checkpoints: {} as CheckpointStore };

let fake: KinesisFake;
let client: KinesisClient;
let put = 0;

// Kinesis speaks HTTP/2 by default; local servers and some proxies do not.
describe.each(["2", "1.1"] as const)("over HTTP/%s", (httpVersion) => {
  beforeEach(async () => {
    fake = await startKinesisFake({ httpVersion });
    client = new KinesisClient(localClientConfig(fake.endpoint, 1, httpVersion));
    put = 0;
  });
  afterEach(async () => {
    client.destroy();
    await fake.stop();
  });

  /** Waits between subscriptions pass at once; the wait for silence is real unless a test says otherwise. */
  function quickClock(hasty: HastyClock = hastyClock()): Clock {
    return {
      nowMs: () => Date.now(),
      random: () => 0.5,
      defer: (task) => hasty.defer(task),
      schedule(delayMs, task) {
        if (delayMs !== 5_000) return hasty.schedule(delayMs, task);
        const timer = setTimeout(task, delayMs);
        return () => clearTimeout(timer);
      },
    };
  }

  function open(clock: Clock = quickClock(), registerConsumer = true): KinesisSource {
    return kinesisSource({
      client,
      streamName: fake.streamName,
      consumer: "charges",
      stores,
      delivery: "fan-out",
      registerConsumer,
      clock,
    });
  }

  function append(count: number): void {
    for (let n = 0; n < count; n += 1) {
      fake.stream.put({ partitionKey: "a", data: Buffer.from(String(put)) });
      put += 1;
    }
  }

  function read(source: KinesisSource, from: StartPosition = { at: "earliest" }) {
    const controller = new AbortController();
    const iterator = source.read(shard, { from, signal: controller.signal })[Symbol.asyncIterator]();
    const batches: LogBatch<Payload>[] = [];
    const texts: string[] = [];
    return {
      iterator,
      batches,
      abort: () => controller.abort(new Error("stop")),
      async until(count: number): Promise<readonly string[]> {
        while (texts.length < count) {
          const pulled = await iterator.next();
          if (pulled.done === true) break;
          batches.push(pulled.value);
          texts.push(...pulled.value.messages.map(({ value }) => Buffer.from(value ?? []).toString()));
        }
        return texts;
      },
    };
  }

  const upTo = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => String(n));
  const subscriptions = () => fake.calls.filter(({ operation }) => operation === "SubscribeToShard");
  const startOf = (index: number) => subscriptions()[index]?.input.StartingPosition as { Type: string; SequenceNumber?: string };

  test("records come as they are appended, and reading goes on after a position", async () => {
    append(250);
    const reading = read(open());
    expect(await reading.until(250)).toEqual(upTo(250));
    append(2);
    expect(await reading.until(252)).toEqual(upTo(252));
    const { position } = reading.batches.flatMap(({ messages }) => messages)[248] ?? {};
    await reading.iterator.return?.();
    const again = read(open(), { at: "after", position: position as NonNullable<typeof position> });
    expect(await again.until(3)).toEqual(["249", "250", "251"]);
    await again.iterator.return?.();
  });

  test("events tell how long the stream keeps its records", async () => {
    const reading = read(open());
    while (reading.batches.at(-1)?.retentionMs === undefined) {
      append(1);
      await reading.until(put);
    }
    expect(reading.batches.at(-1)?.retentionMs).toBe(86_400_000);
    await reading.iterator.return?.();
  });

  describe("a subscription that ends", () => {
    test.each([
      ["in order, as after five minutes", { kind: "end" }],
      ["because the connection broke", { kind: "reset" }],
      ["by an exception within the stream", { kind: "exception", type: "InternalFailureException" }],
      ["because another reader took over", { kind: "exception", type: "ResourceInUseException" }],
    ] as const)("%s is followed by the next, with no gap and nothing twice", async (_name, fate) => {
      append(250);
      fake.scriptSubscriptions([
        { afterEvents: 1, fate },
        { afterEvents: 2, fate },
      ]);
      const reading = read(open());
      expect(await reading.until(250)).toEqual(upTo(250));
      expect(subscriptions().length).toBeGreaterThanOrEqual(2);
      expect(startOf(0).Type).toBe("TRIM_HORIZON");
      expect(startOf(1).Type).toBe("AFTER_SEQUENCE_NUMBER");
      await reading.iterator.return?.();
    });

    test("before its first event begins again where it began", async () => {
      append(1);
      fake.scriptSubscriptions([{ afterEvents: 0, fate: { kind: "end" } }]);
      const reading = read(open());
      expect(await reading.until(1)).toEqual(["0"]);
      expect([startOf(0).Type, startOf(1).Type]).toEqual(["TRIM_HORIZON", "TRIM_HORIZON"]);
      await reading.iterator.return?.();
    });

    test("while nobody reads for more than a day is followed by one at the last record, which tells what was trimmed", async () => {
      const hasty = hastyClock();
      const clock: Clock = { ...quickClock(hasty), nowMs: () => hasty.nowMs() };
      append(2);
      fake.scriptSubscriptions([{ afterEvents: 1, fate: { kind: "end" } }]);
      const reading = read(open(clock));
      await reading.until(2);
      append(3);
      fake.stream.trim(shard, String(fake.stream.shard(shard).records[3]?.sequenceNumber));
      hasty.advance(25 * 3_600_000);
      expect(await reading.until(3)).toEqual(["0", "1", "4"]);
      expect(startOf(1).Type).toBe("AT_SEQUENCE_NUMBER");
      expect(reading.batches.flatMap(({ lost }) => lost ?? [])).toMatchObject([
        { count: undefined, reason: expect.stringContaining("retention") as string },
      ]);
      await reading.iterator.return?.();
    });

    test("again and again without an event is told to the engine", async () => {
      fake.scriptSubscriptions(Array.from({ length: 20 }, () => ({ afterEvents: 0, fate: { kind: "end" } })));
      await expect(read(open()).until(1)).rejects.toMatchObject({ code: "SPILLWAY_KINESIS_FAILED", retryable: true });
      expect(subscriptions()).toHaveLength(11);
    });
  });

  test("silence on an open connection ends the subscription; an empty batch tells of each quiet while", async () => {
    append(1);
    fake.scriptSubscriptions([{ afterEvents: 1, fate: { kind: "silence" } }]);
    let quiet = 0;
    // Every wait for an event is at once a quiet while, but only after the first event has come.
    const impatient: Clock = {
      ...quickClock(),
      schedule(delayMs, task) {
        const timer = setTimeout(
          () => {
            quiet += delayMs === 5_000 ? 1 : 0;
            task();
          },
          delayMs === 5_000 ? 100 : 0,
        );
        return () => clearTimeout(timer);
      },
    };
    const reading = read(open(impatient));
    expect(await reading.until(1)).toEqual(["0"]);
    const more = reading.until(2);
    await expect.poll(() => subscriptions().length, { timeout: 5_000 }).toBe(2);
    append(1);
    expect(await more).toEqual(["0", "1"]);
    expect(quiet).toBe(7);
    await reading.iterator.return?.();
  });

  test("a reader that does not pull is sent a bounded part, is not taken for a dead connection, and then reads all of it", async () => {
    // Some 1.3 MB each, so that all of them are more than the buffers of a connection hold.
    const events = 20;
    for (let n = 0; n < events * 100; n += 1) fake.stream.put({ partitionKey: "a", data: Buffer.from(String(n).padEnd(10_000)) });
    let isPulling = true;
    // While nobody pulls, whatever waits for silence to be long enough is there at once.
    const quick = quickClock();
    const clock: Clock = {
      ...quick,
      schedule: (delayMs, task) => quick.schedule(isPulling ? delayMs : 0, task),
    };
    const reading = read(open(clock));
    await reading.until(1);
    isPulling = false;
    let written = 0;
    let turnsWithoutEvent = 0;
    const isStanding = (): boolean => {
      turnsWithoutEvent = fake.eventsWritten() === written ? turnsWithoutEvent + 1 : 0;
      written = fake.eventsWritten();
      return turnsWithoutEvent === 50;
    };
    await expect.poll(isStanding, { timeout: 8_000, interval: 10 }).toBe(true);
    expect(written).toBeLessThan(15);
    expect([subscriptions().length, fake.openSubscriptions()]).toEqual([1, 1]);
    isPulling = true;
    expect((await reading.until(events * 100)).map(Number)).toEqual(Array.from({ length: events * 100 }, (_, n) => n));
    expect(subscriptions()).toHaveLength(1);
    await reading.iterator.return?.();
  }, 30_000);

  describe("the end of a shard", () => {
    test("is an event without a place to go on at, and nothing else", async () => {
      append(3);
      const [left, right] = fake.stream.split(shard);
      const reading = read(open());
      expect(await reading.until(99)).toEqual(upTo(3));
      expect(reading.batches.flatMap(({ children }) => children ?? [])).toEqual([
        { id: left, parents: [shard] },
        { id: right, parents: [shard] },
      ]);
      expect(fake.calls.filter(({ operation }) => operation === "ListShards")).toEqual([]);
      expect(await reading.iterator.next()).toEqual({ done: true, value: undefined });
      expect(subscriptions()).toHaveLength(1);
    });

    test("of one that Kinesis has forgotten is told as a loss", async () => {
      fake.stream.split(shard);
      fake.stream.forget(shard);
      const reading = read(open());
      expect(await reading.until(1)).toEqual([]);
      expect(reading.batches).toMatchObject([{ lost: { count: undefined } }]);
    });
  });

  test("a start at a time that is still to come for Kinesis, because clocks differ, begins at latest", async () => {
    append(1);
    const reading = read(open(), { at: "timestamp", timestampMs: Date.now() + 30_000 });
    await reading.iterator.next();
    append(1);
    expect(await reading.until(1)).toEqual(["1"]);
    expect([startOf(0).Type, startOf(1).Type]).toEqual(["AT_TIMESTAMP", "LATEST"]);
    await reading.iterator.return?.();
  });

  describe("the registered consumer", () => {
    test("is registered only where that is asked for", async () => {
      await expect(read(open(quickClock(), false)).until(1)).rejects.toMatchObject({
        code: "SPILLWAY_KINESIS_NOT_FOUND",
        failureClass: "fatal",
      });
      expect(fake.calls.filter(({ operation }) => operation === "RegisterStreamConsumer")).toHaveLength(0);
    });

    test("is found once for all shards and readings", async () => {
      append(1);
      const source = open();
      for (let n = 0; n < 2; n += 1) {
        const reading = read(source);
        await reading.until(1);
        await reading.iterator.return?.();
      }
      expect(fake.calls.filter(({ operation }) => operation === "RegisterStreamConsumer")).toHaveLength(1);
      expect(fake.calls.filter(({ operation }) => operation === "DescribeStreamConsumer")).toHaveLength(2);
    });

    test("whose stream may not be read is fatal", async () => {
      fake.setFaults(faultsInTurn("SubscribeToShard", [{ kind: "error", type: "AccessDeniedException" }]));
      await expect(read(open()).until(1)).rejects.toMatchObject({ code: "SPILLWAY_KINESIS_DENIED", failureClass: "fatal" });
    });
  });

  test("an abort and a return close the HTTP stream at once", async () => {
    append(1);
    const aborted = read(open());
    await aborted.until(1);
    expect(fake.openSubscriptions()).toBe(1);
    const pull = aborted.until(2);
    aborted.abort();
    await expect(pull).rejects.toThrow("stop");
    await expect.poll(() => fake.openSubscriptions()).toBe(0);
    const returned = read(open());
    await returned.until(1);
    await returned.iterator.return?.();
    await expect.poll(() => fake.openSubscriptions()).toBe(0);
  });
});
