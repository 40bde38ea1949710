import { failed, type BatchContext, type HandleContext } from "@spillway/core";
import { SpillwayError } from "@spillway/spec";
import type { FaultKind } from "../faults/fault.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Referee } from "../referee/referee.ts";
import type { Unit } from "../referee/unit.ts";
import { hashOf } from "../time/random.ts";
import { behaviourOf, errorOf, type Behaviour, type Character } from "./behaviour.ts";

/** What handlers work with. */
export interface WorkOptions {
  readonly seed: number;
  readonly process: SimulatedProcess;
  readonly referee: Referee;
  readonly characterOf: (unit: Unit) => Character;
  /** Whether the failures of this one are a thing of the past: in pipelines that a failure stops, and when a stubborn message has failed for long enough. */
  readonly isMended: (unit: Unit) => boolean;
  /** What becomes of a call that is made now, whatever its messages are like. */
  readonly meets: () => FaultKind | undefined;
}

/** How long a handler hangs that ends late: longer than any time-out. */
const hangMs = 12_000;

const never = new Promise<never>(() => {
  // A dead process goes on nowhere.
});

/** The handlers of a scenario: they behave as its messages do, and tell the referee of every attempt. */
export function work(options: WorkOptions): {
  handle(stage: number): (unit: Unit, context: HandleContext) => Unit | Promise<Unit>;
  handleBatch(stage: number, answers: "throws" | "map" | "array"): (units: readonly Unit[], context: BatchContext) => unknown;
} {
  const { process, referee } = options;
  /** Whether batch handlers keep the order of a lane themselves: half of them know nothing of lanes, and pass what is behind a failure. */
  const stopsLanes = hashOf(options.seed, "lanes within a batch") % 2 === 0;

  function behaviour(unit: Unit, stage: number): Behaviour {
    return behaviourOf(options.seed, unit, stage, options.characterOf(unit));
  }

  function fails(unit: Unit, stage: number, { failures }: Behaviour): boolean {
    return (unit.attempts[stage] ?? 0) <= failures && !options.isMended(unit);
  }

  function hangs(unit: Unit, stage: number, how: Behaviour): boolean {
    return (unit.attempts[stage] ?? 0) <= how.hangs && !options.isMended(unit);
  }

  function finish(unit: Unit, stage: number, how: Behaviour): Unit {
    if (fails(unit, stage, how)) throw errorOf(how, unit);
    referee.stages.passed(process, stage, unit);
    return unit;
  }

  /** Hangs until its signal aborts, until long after that, or for ever; nobody waits for it any more. */
  function hang(signal: AbortSignal, { hangsUntil }: Behaviour): Promise<never> {
    switch (hangsUntil) {
      case "told":
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
      case "late":
        // As if it had done what it was asked for; whatever it gives must count for nothing.
        return new Promise((resolve) => void process.clock.schedule(hangMs, () => resolve(undefined as never)));
      case "never":
        return never;
    }
  }

  return {
    handle: (stage) => (unit, context) => {
      if (!process.alive) return never;
      referee.stages.attempt(process, stage, [unit]);
      const how = behaviour(unit, stage);
      const fault = options.meets();
      if (dies(fault, [unit], [how])) return never;
      if (fault === "refused" || fault === "partial") throw new TypeError(`the work on ${unit.id} is refused`);
      if (fault === "hanging" || hangs(unit, stage, how)) return hang(context.signal, how);
      const delayMs = delayOf(how.delayMs, fault);
      if (delayMs === 0 && fault === undefined) return finish(unit, stage, how);
      // Whom the engine does not wait for any more is not counted.
      const ended = fault === "slow" ? nothing : referee.stages.running(process, stage);
      // A signal is made when it is asked for: some ask, so that it is seen whether those are told.
      const signal = fault === "slow" || how.delayMs % 8 === 0 ? context.signal : undefined;
      return new Promise((resolve, reject) => {
        process.clock.schedule(delayMs, () => {
          ended();
          if (fault === "crash after") process.crash(`the work on ${unit.id} was done`);
          if (signal?.aborted === false) referee.stages.outlives(process, stage, unit);
          if (!process.alive || (fault === "slow" && signal?.aborted === true)) return;
          try {
            if (fault === "answer lost") throw new TypeError(`the work on ${unit.id} was done, and fails`);
            resolve(finish(unit, stage, how));
          } catch (error) {
            reject(error);
          }
        });
      });
    },

    handleBatch:
      (stage, answers) =>
      (units, { signal }) => {
        if (!process.alive) return never;
        referee.stages.attempt(process, stage, units);
        const all = units.map((unit) => behaviour(unit, stage));
        const fault = options.meets();
        if (dies(fault, units, all)) return never;
        const failsFor = (culprits: readonly Unit[], tooMuch: boolean): void =>
          referee.attempts.failsAsAWhole(process, stage, units, culprits, tooMuch);
        if (fault === "refused") {
          failsFor(units, false);
          throw new TypeError("the work is refused");
        }
        if (units.length > process.mostAtOnce) {
          failsFor([], true);
          throw new SpillwayError(`no memory for ${units.length} messages`, { code: "SPILLWAY_SIMULATED", failureClass: "resource" });
        }
        const hanging = all.find((how, index) => hangs(units[index] as Unit, stage, how));
        if (fault === "hanging" || hanging !== undefined) {
          failsFor(
            units.filter((unit, index) => fault === "hanging" || hangs(unit, stage, all[index] as Behaviour)),
            true,
          );
          return hang(signal, hanging ?? (all[0] as Behaviour));
        }
        // It may take too long.
        if (fault === "slow") signal.addEventListener("abort", () => failsFor(units, true), { once: true });
        const ended = fault === "slow" ? nothing : referee.stages.running(process, stage);
        return new Promise((resolve, reject) => {
          process.clock.schedule(delayOf(Math.max(...all.map(({ delayMs }) => delayMs)), fault), () => {
            ended();
            if (fault === "crash after") process.crash("the work was done");
            if (!process.alive || (fault === "slow" && signal.aborted)) return;
            try {
              if (fault === "answer lost") {
                failsFor(units, false);
                throw new TypeError("the work was done, and fails");
              }
              resolve(answer(units, all, stage, fault === "partial" ? "array" : answers));
            } catch (error) {
              reject(error);
            }
          });
        });
      },
  };

  /** Whether the process dies of a call, before it has done anything. */
  function dies(fault: FaultKind | undefined, units: readonly Unit[], all: readonly Behaviour[]): boolean {
    const killer = units.find((unit, index) => all[index]?.kills === true && !options.isMended(unit));
    if (killer !== undefined) process.crash(`${killer.id} killed it`);
    else if (fault === "crash before") process.crash("it began to work");
    return !process.alive;
  }

  /** A slow call may take longer than it has time, or not. */
  function delayOf(delayMs: number, fault: FaultKind | undefined): number {
    return fault === "slow" ? delayMs + process.clock.random() * hangMs : delayMs;
  }

  function answer(units: readonly Unit[], all: readonly Behaviour[], stage: number, answers: "throws" | "map" | "array"): unknown {
    const bad = units.findIndex((unit, index) => fails(unit, stage, all[index] as Behaviour));
    if (bad >= 0 && answers === "throws") {
      const how = all[bad] as Behaviour;
      const culprits = units.filter((unit, index) => fails(unit, stage, all[index] as Behaviour));
      referee.attempts.failsAsAWhole(process, stage, units, culprits, how.error === "resource");
      throw errorOf(how, units[bad] as Unit);
    }
    const errors = new Map<number, unknown>();
    const blocked = new Set<unknown>();
    const results = units.map((unit, index) => {
      const how = all[index] as Behaviour;
      if (fails(unit, stage, how) || (unit.lane !== undefined && blocked.has(unit.lane))) {
        if (stopsLanes) blocked.add(unit.lane);
        const error = errorOf(how, unit) ?? new Error(`${unit.id} fails`);
        errors.set(index, error);
        return failed(error);
      }
      referee.stages.passed(process, stage, unit);
      return unit;
    });
    return answers === "array" ? results : errors.size === 0 ? undefined : errors;
  }
}

function nothing(): void {
  // It was not counted.
}
