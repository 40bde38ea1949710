import type { LogSource, PartitionId, Payload } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, handle, text } from "./index.ts";
import { world, type World } from "./testing/world.ts";

/** The world's log, whose listing never shows what is born after the first one; whether its partitions name their children when they end is the test's. */
function behindItsListing(w: World, names: boolean): LogSource<Payload, { kind: "log"; keys: true }> {
  const source = w.source();
  let listed: ReadonlySet<PartitionId> | undefined;
  return {
    ...source,
    async partitions(options) {
      const partitions = await source.partitions(options);
      listed ??= new Set(partitions.map(({ id }) => id));
      return partitions.filter(({ id }) => listed?.has(id) === true);
    },
    async *read(partition, options) {
      yield* source.read(partition, options);
      const children = w.log.partitions().filter(({ parents }) => parents.includes(partition));
      yield { messages: [], ...(names && { children }) };
    },
  };
}

test.each([
  [true, ["before", "after"]],
  [false, ["before"]],
])("children that their parent names when it ends are read though no listing shows them (named: %s)", async (names, handled) => {
  const w = world();
  const seen: string[] = [];
  w.append("a=before");
  const running = w.start(
    consume(behindItsListing(w, names), { ordering: "key" }).pipe(
      decode(text()),
      handle((value) => void seen.push(value)),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  await w.clock.advance(1_000);
  w.log.split(w.log.partitions()[0]?.id as PartitionId);
  w.append("a=after");
  await w.clock.advance(60_000);
  expect(seen).toEqual(handled);
  await running.stop();
});
