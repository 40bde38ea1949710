// What was wrong: a pipeline that halts gives its queue's messages back, and its next process is given them again; the queue counts that as it counts deaths. So
// after four times crashLimit restarts the message that it had halted at was marked as crashed without being run, and those that had waited behind it too: with
// haltOnFailure the pipeline could never go on, also after its cause was mended; with a budget that halts they all went to the dead letters, which is what
// the budget was there to prevent. Found by the simulator once its crash limit was no longer out of reach (liveness; seed 567).
// Mended so: a pipeline that may halt runs what comes again and again alone, and never dead-letters it unrun (docs/decisions/0016).
import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import type { Payload } from "@spillway/spec";
import type { Observable } from "rxjs";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, deadLetterBudget, decode, haltOnFailure, handle, run, text, type Delivery } from "../index.ts";
import { virtualClock } from "../testing/virtual-clock.ts";

type Answer = (source: Observable<Delivery<string>>) => Observable<Delivery<string, "resolved">>;

/** Starts a process again and again, each of which halts, until the cause is mended; says what was attempted, and how the processes ended. */
async function restarts(
  answer: Answer,
  count: number,
): Promise<{ readonly attempts: readonly string[]; readonly ends: readonly unknown[] }> {
  const clock = virtualClock();
  const queue = memoryQueue({ name: "jobs", clock });
  queue.send([{ value: Buffer.from("bad") }, { value: Buffer.from("fine") }]);
  const attempts: string[] = [];
  const ends: unknown[] = [];
  for (let process = 1; process <= count; process++) {
    const stop = new AbortController();
    const isMended = process === count;
    const report = run(
      consume(memoryQueueSource({ queue }), { ordering: "none", crashLimit: 1, maxInFlight: 10 }).pipe(
        decode(text()),
        handle(
          (value) => {
            attempts.push(value);
            if (value === "bad" && !isMended) throw new Error("not yet mended");
            return value;
          },
          { concurrency: 1 },
        ),
        answer,
        checkpoint(),
      ),
      { clock, signal: stop.signal },
    );
    let ended = false;
    void report.then(
      ({ succeeded }) => ((ended = true), ends.push(succeeded)),
      (error: unknown) => ((ended = true), ends.push((error as { readonly code?: string }).code)),
    );
    await clock.advance(1_000);
    stop.abort();
    await clock.runUntil(() => ended);
  }
  return { attempts, ends };
}

test("a message that a pipeline has halted at is attempted at every start, and passes once its cause is mended", async () => {
  const { attempts, ends } = await restarts(haltOnFailure(), 10);
  expect(attempts.filter((value) => value === "bad")).toHaveLength(10);
  expect(ends.slice(0, -1)).toEqual(Array.from({ length: 9 }, () => "SPILLWAY_HALTED"));
  expect(attempts.slice(-2).toSorted()).toEqual(["bad", "fine"]);
  expect(ends.at(-1)).toBe(2);
});

test("a budget that halts leaves nothing to the dead letters that was not attempted", async () => {
  const dead = memorySink<Payload>();
  const { attempts, ends } = await restarts(deadLetter(dead, { budget: deadLetterBudget({ maxConsecutive: 0 }) }), 10);
  expect(attempts.filter((value) => value === "bad")).toHaveLength(10);
  expect(ends.slice(0, -1)).toEqual(Array.from({ length: 9 }, () => "SPILLWAY_DEAD_LETTER_BUDGET"));
  expect(dead.messages).toEqual([]);
  expect(ends.at(-1)).toBe(2);
});
