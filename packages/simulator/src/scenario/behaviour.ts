import { SpillwayError } from "@spillway/spec";
import type { Unit } from "../referee/unit.ts";
import { hashOf, random } from "../time/random.ts";
import type { Load, Trouble } from "./scenario.ts";

/** What a stage does with a unit. */
export interface Behaviour {
  /** How long the work takes; 0: it is done at once. */
  readonly delayMs: number;
  /** How often it fails before it passes; Infinity: always. */
  readonly failures: number;
  readonly error: "transient" | "unknown" | "permanent" | "resource" | "nothing";
  /** How often it hangs at first. */
  readonly hangs: number;
  /** When a handler that hangs ends: when its signal aborts, long after, or never. */
  readonly hangsUntil: "told" | "late" | "never";
  /** Whether the process dies of it. */
  readonly kills: boolean;
}

/** What a message is like as a whole. */
export interface Character {
  readonly undecodable: boolean;
  readonly unwanted: boolean;
  readonly clumsy: boolean;
  /** At which stage it makes trouble. */
  readonly troubleAt: number;
  readonly trouble: "flaky" | "poison" | "hanging" | "killing" | "stubborn" | undefined;
}

/** Says what the message with this number is like: the same in every run of the seed, however many other messages there are. */
export function characterOf(seed: number, index: number, trouble: Trouble, stages: number): Character {
  const dice = random(hashOf(seed, `character ${index}`));
  const undecodable = dice.chance(trouble.undecodable);
  const unwanted = dice.chance(trouble.unwanted);
  const clumsy = dice.fork("clumsy").chance(trouble.clumsy);
  const troubleAt = dice.below(Math.max(1, stages));
  const draw = dice.next();
  let sum = 0;
  for (const name of ["killing", "poison", "hanging", "flaky"] as const) {
    sum += trouble[name];
    if (draw < sum) return { undecodable, unwanted, clumsy, troubleAt, trouble: name };
  }
  return { undecodable, unwanted, clumsy, troubleAt, trouble: undefined };
}

/** The numbers of the messages that are stubborn. */
export function stubbornOf(seed: number, { messages, stubborn }: Pick<Load, "messages" | "stubborn">): ReadonlySet<number> {
  return new Set(Array.from({ length: stubborn }, (_, place) => hashOf(seed, `stubborn ${place}`) % messages));
}

/** Says how a stage treats a unit. Of the children of a troublesome message, some are troublesome. */
export function behaviourOf(seed: number, unit: Unit, stage: number, character: Character): Behaviour {
  const dice = random(hashOf(seed, `${unit.id} ${stage}`));
  const delayMs = dice.chance(0.4) ? 0 : dice.below(dice.chance(0.05) ? 800 : 60);
  const error = dice.pick(["transient", "unknown", "unknown", "permanent", "resource", "nothing"] as const);
  const hangsUntil = dice.pick(["told", "late", "never"] as const);
  const calm: Behaviour = { delayMs, failures: 0, error, hangs: 0, hangsUntil, kills: false };
  if (character.troubleAt !== stage || (unit.parent !== undefined && dice.chance(0.5))) return calm;
  switch (character.trouble) {
    case undefined:
      return calm;
    case "flaky":
      return { ...calm, failures: dice.between(1, 4), error: error === "permanent" ? "transient" : error };
    case "poison":
      return { ...calm, failures: Number.POSITIVE_INFINITY };
    case "stubborn":
      return {
        ...calm,
        failures: Number.POSITIVE_INFINITY,
        hangs: dice.chance(0.25) ? 3 : 0,
        error: error === "permanent" ? "transient" : error,
      };
    case "hanging":
      return { ...calm, hangs: dice.between(1, 2) };
    case "killing":
      return { ...calm, kills: true };
  }
}

/** The error that a behaviour fails with. */
export function errorOf({ error }: Behaviour, unit: Unit): unknown {
  if (error === "nothing") return undefined;
  if (error === "unknown") return new TypeError(`${unit.id} fails`);
  return new SpillwayError(`${unit.id} fails`, { code: "SPILLWAY_SIMULATED", failureClass: error });
}
