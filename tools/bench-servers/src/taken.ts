import { spreadOf } from "@spillway-tools/bench/statistics";

/** What some messages have taken. */
export interface Taken {
  readonly messages: number;
  readonly wallMs: number;
  /** Of this process, all its threads; the server's is not counted. */
  readonly cpuMs: number;
  /** Requests to the server, where they are counted. */
  readonly calls: number;
}

/** Starts to count now; the returned function ends it. */
export function stopwatch(): (messages: number, calls?: number) => Taken {
  const before = process.cpuUsage();
  const startMs = performance.now();
  return (messages, calls = 0) => {
    const { user, system } = process.cpuUsage(before);
    return { messages, wallMs: performance.now() - startMs, cpuMs: (user + system) / 1_000, calls };
  };
}

/** One way to do the work, by its name. */
export type Variants = Readonly<Record<string, () => Promise<Taken>>>;

/** What each variant has taken, round by round. */
export type Rounds = ReadonlyMap<string, readonly Taken[]>;

/** Runs all variants in each round, one after another; the first ones are to warm up, and are not counted. */
export async function inRounds(variants: Variants, rounds: number, warmUps = 1): Promise<Rounds> {
  const all = new Map<string, Taken[]>(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round < warmUps + rounds; round += 1) {
    const entries = Object.entries(variants);
    // In turn forwards and backwards, so that nobody always comes after the same other one.
    for (const [name, run] of round % 2 === 0 ? entries : entries.reverse()) {
      const taken = await run();
      if (round >= warmUps) all.get(name)?.push(taken);
    }
  }
  return all;
}

/** A figure of a variant in each round, by message. */
function perMessage(rounds: Rounds, name: string, figure: "wallMs" | "cpuMs" | "calls"): readonly number[] {
  return (rounds.get(name) ?? []).map((taken) => taken[figure] / taken.messages);
}

/**
 * How much one variant has taken of another: the ratio of the least of each, because on a busy machine the least is what comes closest to what it takes;
 * and how far the ratios of the rounds are apart.
 */
export function ratioOf(
  rounds: Rounds,
  figure: "wallMs" | "cpuMs" | "calls",
  name: string,
  baseline: string,
): { readonly value: number; readonly spread: number } {
  const [ours, theirs] = [perMessage(rounds, name, figure), perMessage(rounds, baseline, figure)];
  return {
    value: Math.min(...ours) / Math.min(...theirs),
    spread: spreadOf(ours.map((each, round) => each / (theirs[round] ?? Number.NaN))),
  };
}

/** Each variant's best round, for people. */
export function sayRounds(rounds: Rounds): string {
  return [...rounds.keys()]
    .map((name) => {
      const [wall, cpu] = (["wallMs", "cpuMs"] as const).map((figure) => Math.min(...perMessage(rounds, name, figure)));
      const calls = Math.min(...perMessage(rounds, name, "calls"));
      const called = calls === 0 ? "" : `, ${Math.round(calls * 1_000)} calls for 1,000`;
      return `${name} ${Math.round(1_000 / (wall ?? Number.NaN)).toLocaleString("en")}/s, ${((cpu ?? Number.NaN) * 1_000).toFixed(1)} µs of CPU${called}`;
    })
    .join("; ");
}
