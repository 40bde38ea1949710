import { failed, type BatchContext, type HandleContext } from "@spillway/core";
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
  /** Whether failures are a thing of the past: for pipelines that a failure stops. */
  readonly isMended: () => boolean;
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
    return (unit.attempts[stage] ?? 0) <= failures && !options.isMended();
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
      if (how.kills && !options.isMended()) {
        process.crash(`${unit.id} killed it`);
        return never;
      }
      if ((unit.attempts[stage] ?? 0) <= how.hangs) return hang(context.signal, how);
      if (how.delayMs === 0) return finish(unit, stage, how);
      const ended = referee.stages.running(process, stage);
      return new Promise((resolve, reject) => {
        process.clock.schedule(how.delayMs, () => {
          ended();
          try {
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
        const killer = all.findIndex(({ kills }) => kills);
        if (killer >= 0 && !options.isMended()) {
          process.crash(`${units[killer]?.id} killed it`);
          return never;
        }
        const hanging = all.find(({ hangs }, index) => ((units[index] as Unit).attempts[stage] ?? 0) <= hangs);
        if (hanging !== undefined) return hang(signal, hanging);
        return new Promise((resolve, reject) => {
          process.clock.schedule(Math.max(...all.map(({ delayMs }) => delayMs)), () => {
            try {
              resolve(answer(units, all, stage, answers));
            } catch (error) {
              reject(error);
            }
          });
        });
      },
  };

  function answer(units: readonly Unit[], all: readonly Behaviour[], stage: number, answers: "throws" | "map" | "array"): unknown {
    const bad = units.findIndex((unit, index) => fails(unit, stage, all[index] as Behaviour));
    if (bad >= 0 && answers === "throws") throw errorOf(all[bad] as Behaviour, units[bad] as Unit);
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
