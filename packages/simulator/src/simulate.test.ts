import { checkpoint, consume, deadLetter, decode, exponential, handle, publish, retry, text } from "@spillway/core";
import { hasCode } from "@spillway/spec";
import { expect, test } from "vitest";
import { simulate, type SimulatedWorld, type SimulationEnd } from "./index.ts";

const policy = retry({ attempts: 20, backoff: exponential({ firstMs: 50, maxMs: 2_000 }) });

/** Counts the messages of each key, in a table that outlives the process. */
function counting(world: SimulatedWorld, count: (table: Map<string, Set<string> | number>, key: string, id: string) => void) {
  const table = world.shared("counts", () => new Map<string, Set<string> | number>());
  return consume(world.source, { ordering: "key", leaseDurationMs: 2_000 }).pipe(
    decode(text()),
    handle((_value, { message, signal }) => world.call("count", () => count(table, message.key ?? "", message.id), { signal }), {
      timeoutMs: 5_000,
    }),
    policy,
    deadLetter(world.deadLetters),
    checkpoint({ everyMessages: 20, everyMs: 500 }),
  );
}

function verifyCounts({ messages, deadLettered, shared }: SimulationEnd): void {
  const counts = shared("counts") as Map<string, Set<string> | number>;
  let counted = 0;
  for (const count of counts.values()) counted += typeof count === "number" ? count : count.size;
  const wanted = messages.length - deadLettered.length;
  if (counted < wanted || counted > messages.length)
    throw new Error(`${counted} messages were counted, of ${messages.length} (${deadLettered.length} dead letters)`);
}

test("a handler that counts deliveries instead of messages is found out", async () => {
  const naive = simulate((world) => counting(world, (table, key) => table.set(key, ((table.get(key) as number | undefined) ?? 0) + 1)), {
    seeds: 20,
    verify: verifyCounts,
  });
  await expect(naive).rejects.toSatisfy((error: unknown) => hasCode(error, "SPILLWAY_SIMULATION_FAILED"));
  await expect(naive).rejects.toThrow(/does not survive seed \d+[\s\S]*messages were counted/);
}, 60_000);

test("a call may be done twice, which an effect that adds up does not survive", async () => {
  const adding = simulate(
    (world) =>
      consume(world.source, { ordering: "key", leaseDurationMs: 2_000 }).pipe(
        handle(
          (_value, { signal }) => {
            // Of this call alone: that the handler is run again is another matter.
            let done = 0;
            const most = world.shared("most", () => ({ times: 0 }));
            return world.call("add", () => void (most.times = Math.max(most.times, ++done)), { signal });
          },
          { timeoutMs: 5_000 },
        ),
        policy,
        deadLetter(world.deadLetters),
        checkpoint({ everyMessages: 20, everyMs: 500 }),
      ),
    {
      seeds: 20,
      verify({ shared }) {
        const { times } = shared("most") as { readonly times: number };
        if (times > 1) throw new Error(`one call was done ${times} times`);
      },
    },
  );
  await expect(adding).rejects.toThrow(/verify: one call was done 2 times/);
}, 60_000);

test("a handler that remembers what it has counted survives", async () => {
  const careful = (world: SimulatedWorld) =>
    counting(world, (table, key, id) => {
      const seen = (table.get(key) as Set<string> | undefined) ?? new Set<string>();
      table.set(key, seen.add(id));
    });
  await expect(simulate(careful, { seeds: 10, verify: verifyCounts })).resolves.toBeUndefined();
}, 60_000);

test("what is published arrives, each key in its order but for repetitions", async () => {
  const publishing = simulate(
    (world) =>
      consume(world.source, { ordering: "key", leaseDurationMs: 2_000 }).pipe(
        publish(world.sink("copies"), (value, { message }) => ({ key: message.key, value }), { timeoutMs: 5_000 }),
        retry({ attempts: 1_000, backoff: exponential({ firstMs: 50, maxMs: 2_000 }) }),
        deadLetter(world.deadLetters),
        checkpoint({ everyMessages: 20, everyMs: 500 }),
      ),
    {
      seeds: 10,
      messages: 100,
      verify({ messages, sink, deadLettered }) {
        const first = new Map<string, number>();
        for (const [place, { value }] of sink("copies").entries()) {
          const number = String(Buffer.from(value ?? []));
          if (!first.has(number)) first.set(number, place);
        }
        const lanes = new Map<string, number>();
        for (const { id, key = "", value } of messages) {
          const place = first.get(String(Buffer.from(value)));
          if (place === undefined && deadLettered.includes(id)) continue;
          if (place === undefined) throw new Error(`${id} was not published`);
          if (place < (lanes.get(key) ?? -1)) throw new Error(`${id} was published before an earlier one of ${key}`);
          lanes.set(key, place);
        }
      },
    },
  );
  await expect(publishing).resolves.toBeUndefined();
}, 60_000);

/** Adds the ids of the messages of each key to a list that outlives the process, in the order in which their effect was done first. */
function listing(world: SimulatedWorld, ordering: "key" | "none") {
  const lists = world.shared("lists", () => new Map<string, string[]>());
  return consume(world.queue, { ordering }).pipe(
    handle(
      (_value, { message: { id, key = "" }, signal }) => {
        const list = lists.get(key) ?? [];
        lists.set(key, list);
        return world.call("list", () => void (list.includes(id) || list.push(id)), { signal });
      },
      { timeoutMs: 1_000 },
    ),
    policy,
    deadLetter(world.deadLetters),
    checkpoint(),
  );
}

function listsOf({ messages, deadLettered, shared }: SimulationEnd): ReadonlyMap<string, readonly string[]> {
  const lists = shared("lists") as Map<string, string[]>;
  const listed = new Set([...lists.values()].flat());
  const missing = messages.filter(({ id }) => !listed.has(id) && !deadLettered.includes(id));
  if (messages.length !== 200 || missing.length > 0) throw new Error(`${missing.length} of ${messages.length} messages are missing`);
  return lists;
}

function isSorted(ids: readonly string[]): boolean {
  return ids.every((id, at) => at === 0 || Number(ids[at - 1]?.slice(1)) < Number(id.slice(1)));
}

test("the messages are in world.queue where the options say so, and every one of them is worked on", async () => {
  await expect(
    simulate((world) => listing(world, "none"), { seeds: 10, source: "queue", verify: (end) => void listsOf(end) }),
  ).resolves.toBeUndefined();
}, 60_000);

test("a queue keeps no order; one with groups keeps that of each key", async () => {
  const verify = (end: SimulationEnd): void => {
    for (const [key, ids] of listsOf(end)) if (!isSorted(ids)) throw new Error(`the messages of ${key} were not in order`);
  };
  await expect(simulate((world) => listing(world, "none"), { seeds: 10, source: "queue", verify })).rejects.toThrow(/were not in order/);
  await expect(simulate((world) => listing(world, "key"), { seeds: 10, source: "queue with groups", verify })).resolves.toBeUndefined();
}, 60_000);

test("a message that is deleted before it was worked on is missed in a queue", async () => {
  const forgetting = simulate(
    (world) => {
      world.shared("lists", () => new Map<string, string[]>());
      return consume(world.queue, { ordering: "none" }).pipe(deadLetter(world.deadLetters), checkpoint());
    },
    { seeds: 1, source: "queue", verify: (end) => void listsOf(end) },
  );
  await expect(forgetting).rejects.toThrow(/200 of 200 messages are missing/);
}, 60_000);

test("a pipeline that reads where no messages are is told so", async () => {
  await expect(simulate((world) => listing(world, "none"), { seeds: 1 })).rejects.toThrow(
    /the messages are in a log, which is world\.source/,
  );
  const onLog = simulate((world) => counting(world, () => undefined), { seeds: 1, source: "queue" });
  await expect(onLog).rejects.toThrow(/world\.source is a log, and the messages are in a queue/);
}, 60_000);
