import type { Assigner, FencingToken, Lease, LogSource, Payload } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, handle, text } from "./index.ts";
import { metadataOf, textOf, world, type World } from "./testing/world.ts";

/** The world's log, its only partition always found as a crash left it. */
function afterCrash(w: World, token: number): LogSource<Payload, { kind: "log"; keys: true }> {
  const source = w.source();
  const [partition] = w.log.partitions();
  if (partition === undefined) throw new Error("no partition");
  const never = new AbortController().signal;
  const lease: Lease = {
    partition: partition.id,
    token: token as FencingToken,
    start: { at: "earliest" },
    takeover: "unclean",
    drain: never,
    lost: never,
    release: async () => {},
  };
  const assigner: Assigner = {
    async *leases({ signal }) {
      yield lease;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  };
  return { ...source, coordination: { by: "provider", consumer: "test", assigner, checkpoints: w.stores.checkpoints } };
}

test("G12: a message that kills the process is found and dead-lettered without being run, and the others pass", async () => {
  const w = world();
  w.append("a=a", "b=b", "c=killer", "d=d", "e=e");
  const attempts: string[] = [];
  let deaths = 0;
  for (let process = 1; process <= 5; process++) {
    let dead = false;
    const pipeline = consume(afterCrash(w, process), { ordering: "key", crashLimit: 3 }).pipe(
      decode(text()),
      handle((value) => {
        if (dead) return new Promise<void>(() => {});
        attempts.push(value);
        if (value !== "killer") return undefined;
        // From here on this process does nothing more: its later saves are refused by the next one's token.
        dead = true;
        deaths++;
        return new Promise<void>(() => {});
      }),
      deadLetter(w.deadLetters),
      checkpoint({ everyMessages: 1, everyMs: 100 }),
    );
    w.start(pipeline, { drainTimeoutMs: 10 }).report.catch(() => {});
    await w.clock.advance(5_000);
  }
  expect(deaths).toBe(3);
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["killer"]);
  expect(w.deadLetters.messages.map((letter) => metadataOf(letter).disposition)).toEqual(["crashed"]);
  expect(attempts.filter((value) => value !== "killer")).toEqual(["a", "b", "d", "e"]);
});
