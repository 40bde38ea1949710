import { checkpoint, consume, decode, haltOnFailure, handle, json, run, type Delivery } from "@spillway/core";
import { memoryLog, memorySource } from "@spillway/memory";
import { concatMap, delay, of, type MonoTypeOperatorFunction } from "rxjs";

/** An operator of our own, from RxJS alone: lets one delivery pass every so many milliseconds, and keeps their order. */
function spaced<T>(everyMs: number): MonoTypeOperatorFunction<Delivery<T>> {
  return concatMap((delivery) => of(delivery).pipe(delay(everyMs)));
}

const letters = memoryLog({ name: "letters" });
letters.append(["a", "b", "c"].map((letter) => ({ value: Buffer.from(JSON.stringify(letter)) })));

const slowly = consume(memorySource({ log: letters, consumer: "slow" }), { ordering: "none" }).pipe(
  decode(json()),
  spaced(50),
  handle((letter) => console.log(letter)),
  haltOnFailure(),
  checkpoint(),
);

const { delivered, succeeded } = await run(slowly, { signal: AbortSignal.timeout(2_000) });
console.log(`${delivered} delivered, ${succeeded} succeeded`);
