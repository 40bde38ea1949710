// What was wrong: classify sees the error of a message that has killed the process too often, and a broad rule (when(Error, "transient")) names it transient; retry then
// sends it to `crashedAt`, whose start does nothing: the message keeps its unit for ever, and a careful start (one at a time) stops its whole partition. G12.
// Mended so: what is dead-lettered as crashed is not up for classification.
import type { FencingToken, Position } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, classify, constant, consume, deadLetter, decode, handle, retry, text, when } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { metadataOf, world } from "../testing/world.ts";

test("G12: a message that has killed the process too often is dead-lettered, whatever classify makes of other errors", async () => {
  const w = world();
  const [partition] = w.log.partitions();
  if (partition === undefined) throw new Error("no partition");
  const [killer] = w.log.append([{ value: Buffer.from("killer") }, { value: Buffer.from("fine") }]);
  const never = new AbortController().signal;
  await w.stores.checkpoints.save(
    { scope: "test/orders", partition: partition.id },
    { state: "reading", from: { at: "earliest" }, done: [], attempting: { position: killer?.position as Position, crashes: 2 } },
    1 as FencingToken,
    { signal: never },
  );
  const handled: string[] = [];
  const running = w.start(
    consume(
      leased(w, () => ({ token: 2, takeover: "unclean" })),
      { ordering: "key", crashLimit: 3 },
    ).pipe(
      decode(text()),
      handle((value) => void handled.push(value)),
      classify(when(Error, "transient")),
      retry({ attempts: 5, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  await w.clock.advance(60_000);
  expect(w.deadLetters.messages.map((letter) => metadataOf(letter).disposition)).toEqual(["crashed"]);
  expect(handled).toEqual(["fine"]);
  await running.stop();
});
