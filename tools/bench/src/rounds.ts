import { median } from "./statistics.ts";

/** One way to do the work. It is kept over all rounds: an engine that is made anew each time measures V8's compiler. */
export interface Variant {
  readonly name: string;
  /** Does the work for so many messages, a multiple of `unit`. */
  run(messages: number): Promise<void>;
}

/** How rounds are run. */
export interface RoundOptions {
  /** Message counts are multiples of this. */
  readonly unit: number;
  readonly rounds: number;
  /** The CPU time that a round of one variant should last. */
  readonly roundMs: number;
}

/** Nanoseconds of CPU time per message, round by round; all variants have the same number. */
export type Rounds = ReadonlyMap<string, readonly number[]>;

const warmUps = 3;

/**
 * Runs all variants in every round, in another order each time, so that a busy moment of the machine hits all of them. CPU time of the whole process,
 * garbage collection included, because other processes change it less than the time on the wall. No collection is forced between rounds: V8 would
 * throw away optimised code with it.
 */
export async function pairedRounds(variants: readonly Variant[], { unit, rounds, roundMs }: RoundOptions): Promise<Rounds> {
  const counts = new Map<string, number>();
  for (const variant of variants) counts.set(variant.name, await warmUp(variant, unit, roundMs));
  const results = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const variant of shuffled(variants)) results.get(variant.name)?.push(await timed(variant, counts.get(variant.name) as number));
  }
  return results;
}

/** The ratio of two variants in each round. */
export function ratios(rounds: Rounds, name: string, baseline: string): readonly number[] {
  const below = rounds.get(baseline) ?? [];
  return (rounds.get(name) ?? []).map((value, round) => value / (below[round] as number));
}

/** What one variant costs more than another in each round. */
export function differences(rounds: Rounds, name: string, baseline: string): readonly number[] {
  const below = rounds.get(baseline) ?? [];
  return (rounds.get(name) ?? []).map((value, round) => value - (below[round] as number));
}

/** Each variant's nanoseconds per message: the median of the rounds, and the least. */
export function sayRounds(rounds: Rounds): string {
  return [...rounds].map(([name, values]) => `${name} ${say(median(values))} (${say(Math.min(...values))}) ns`).join(", ");
}

/** Runs a variant until it is optimised; returns how many messages fill a round. */
async function warmUp(variant: Variant, unit: number, roundMs: number): Promise<number> {
  let messages = unit;
  for (let done = 0; done < warmUps; ) {
    const ns = await timed(variant, messages);
    const wanted = Math.max(unit, Math.ceil((roundMs * 1e6) / ns / unit) * unit);
    if (wanted <= messages * 1.5) done++;
    messages = Math.min(wanted, messages * 8);
  }
  return messages;
}

async function timed(variant: Variant, messages: number): Promise<number> {
  const before = process.cpuUsage();
  await variant.run(messages);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1_000) / messages;
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function say(ns: number): string {
  return ns < 10 ? ns.toFixed(1) : Math.round(ns).toLocaleString("en");
}
