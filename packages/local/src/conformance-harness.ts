import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  lacking,
  manualClock,
  type CheckpointStoreHarness,
  type LeaseStoreHarness,
  type LogSourceHarness,
  type ManualClock,
  type QueueSourceHarness,
  type SinkHarness,
  type StoredMessage,
} from "@spillway/conformance";
import type { Clock, FencingToken, PartitionId, Position } from "@spillway/spec";
import {
  localCheckpoints,
  localLeases,
  localQueueSink,
  localQueueSource,
  localSink,
  localSource,
  openLocal,
  openLog,
  openQueue,
  type LocalStore,
  type QueueOrder,
} from "./index.ts";
import { accessTo } from "./open-local.ts";
import { keyOf } from "./storage/keys.ts";

const deadlineMs = 20_000;
const largePayloadBytes = 12 * 1024 * 1024;
const tooLargeBytes = 17 * 1024 * 1024;
const noSplits = "the number of partitions of a local log never changes";
const anyStoreLacks = { deduplication: "a local log or queue does not look at message ids" };

/** A store in a directory of its own, which can be left as a process that dies leaves it. */
interface Opened {
  readonly clock: ManualClock;
  store(): LocalStore;
  reopen(): Promise<void>;
  close(): Promise<void>;
}

async function openStore(clock: Clock & ManualClock = manualClock()): Promise<Opened> {
  const root = await mkdtemp(join(tmpdir(), "spillway-local-"));
  let generation = 0;
  const open = (): Promise<LocalStore> => openLocal({ directory: join(root, String(generation)), durability: "process-crash", clock });
  const stores = [await open()];
  return {
    clock,
    store: () => stores.at(-1) as LocalStore,
    async reopen() {
      // The files as a kill would leave them, while the store that wrote them is still open.
      const before = join(root, String(generation), "data.mdb");
      generation += 1;
      await cp(before, join(root, String(generation), "data.mdb"));
      stores.push(await open());
    },
    async close() {
      for (const store of stores) await store.close();
      await rm(root, { recursive: true });
    },
  };
}

/** The log and its source. */
export const localLogHarness: LogSourceHarness = {
  name: "local",
  deadlineMs,
  lacks: { split: noSplits, merge: noSplits },
  async open() {
    const { clock, store, reopen, close } = await openStore();
    const log = await openLog({ store: store(), log: "log", partitions: 2 });
    return {
      source: (consumer) => localSource({ store: store(), log: "log", consumer }),
      append: async (messages) => void (await (await openLog({ store: store(), log: "log" })).append(messages)),
      nowMs: () => clock.nowMs(),
      elapse: (ms) => clock.advance(ms),
      largePayloadBytes,
      split: lacking,
      merge: lacking,
      trim: (partition, through) => log.trim(partition, through),
      foreignPosition: "12" as Position,
      reopen,
      close,
    };
  },
};

/** The queue without groups. */
export const localQueueHarness: QueueSourceHarness = queueHarness("local", "none", { groups: "the queue was created with order none" });

/** The queue with groups. */
export const localFifoHarness: QueueSourceHarness = queueHarness("local groups", "group", {});

function queueHarness(name: string, order: QueueOrder, lacks: QueueSourceHarness["lacks"]): QueueSourceHarness {
  return {
    name,
    deadlineMs,
    lacks,
    async open() {
      const { clock, store, reopen, close } = await openStore();
      await openQueue({ store: store(), queue: "queue", order });
      return {
        source: () => localQueueSource({ store: store(), queue: "queue", order }),
        send: async (messages) => void (await (await openQueue({ store: store(), queue: "queue" })).send(messages)),
        nowMs: () => clock.nowMs(),
        elapse: (ms) => clock.advance(ms),
        largePayloadBytes,
        reopen,
        close,
      };
    },
  };
}

/** The sink of a log. */
export const localSinkHarness: SinkHarness = {
  name: "local log",
  deadlineMs,
  lacks: anyStoreLacks,
  async open() {
    const { store, reopen, close } = await openStore();
    await openLog({ store: store(), log: "log", partitions: 2 });
    return {
      sink: () => localSink({ store: store(), log: "log" }),
      stored: () => storedInLog(store()),
      largePayloadBytes,
      tooLargeBytes,
      reopen,
      close,
    };
  },
};

async function storedInLog(store: LocalStore): Promise<readonly StoredMessage[]> {
  const source = localSource({ store, log: "log", consumer: "reader" });
  const signal = new AbortController().signal;
  const found: StoredMessage[] = [];
  for (const { id } of await source.partitions({ signal })) {
    for await (const { messages, behindMs } of source.read(id, { from: { at: "earliest" }, signal })) {
      found.push(...messages.map((message) => ({ key: source.original(message).key, value: message.value, headers: message.headers })));
      if (behindMs === 0) break;
    }
  }
  return found;
}

/** The sink of a queue. */
export const localQueueSinkHarness: SinkHarness = {
  name: "local queue",
  deadlineMs,
  lacks: anyStoreLacks,
  async open() {
    const { store, reopen, close } = await openStore();
    await openQueue({ store: store(), queue: "queue", order: "group" });
    return {
      sink: () => localQueueSink({ store: store(), queue: "queue" }),
      async stored() {
        const source = localQueueSource({ store: store(), queue: "queue", order: "group", waitMs: 0 });
        const { signal } = new AbortController();
        const lent = await source.receive({ maxMessages: 1_000, signal });
        await source.nack(
          lent.map(({ receipt }) => receipt),
          { delayMs: 0, signal },
        );
        return lent.map((message) => ({ key: source.original(message).key, value: message.value, headers: message.headers }));
      },
      largePayloadBytes,
      tooLargeBytes,
      reopen,
      close,
    };
  },
};

/** The checkpoint store. */
export const localCheckpointsHarness: CheckpointStoreHarness = {
  name: "local",
  deadlineMs,
  lacks: {},
  async open() {
    const { store, reopen, close } = await openStore();
    let token = 0;
    return {
      store: () => localCheckpoints({ store: store() }),
      key: (n) => ({ scope: "scope", partition: `partition-${n}` as PartitionId }),
      position: (n) => String(n) as Position,
      takeOver: async () => (token += 1) as FencingToken,
      corrupt: ({ scope, partition }) => damage(store(), keyOf("checkpoint", { text: scope }, { rest: partition })),
      reopen,
      close,
    };
  },
};

/** The lease store. */
export const localLeasesHarness: LeaseStoreHarness = {
  name: "local",
  deadlineMs,
  lacks: {},
  async open() {
    const { store, reopen, close } = await openStore();
    return {
      store: () => localLeases({ store: store() }),
      corrupt: (scope, partition) => damage(store(), keyOf("lease", { text: scope }, { rest: partition })),
      reopen,
      close,
    };
  },
};

function damage(store: LocalStore, key: Buffer): Promise<void> {
  return accessTo(store).write((database) => database.put(key, Buffer.from("{")));
}
