import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Findings } from "./findings.ts";
import type { ProcessView } from "./process-view.ts";
import type { WatchedStage } from "./stage-watch.ts";
import type { Unit } from "./unit.ts";

/** What an attempt watch goes by. */
export interface AttemptWatchOptions {
  readonly stages: readonly WatchedStage[];
  /** How often a stage may attempt a unit for each time that the process was given its message. */
  readonly maxAttempts: number;
  /** How old a message may be at an attempt that is made again; undefined: any age. */
  readonly maxAgeMs: number | undefined;
  readonly findings: Findings;
  readonly viewOf: (process: SimulatedProcess) => ProcessView;
}

/** What the stages of one process have done with a unit. */
export class Efforts {
  /** How often each stage has begun with it. */
  readonly begun: number[] = [];
  /** How often each stage was told that it has passed. */
  readonly passed: number[] = [];
  /** How often each sink has failed it, so that an attempt was used. */
  readonly failed: number[] = [];
  /** How often each stage, by its name, was to be tried again. */
  readonly retries: Map<string, number> = new Map<string, number>();
  /** What each batch stage has done since it last used an attempt. */
  readonly searches: (Search | undefined)[] = [];
}

/** The calls to a batch handler by which an engine looks for what made one fail. */
interface Search {
  /** How often the process had been given the message when it began. */
  readonly deliveries: number;
  /** Calls with the unit, but for those in which an earlier one of its lane was in front of it. */
  calls: number;
  /** How many units the largest call had that failed. */
  largest: number;
  /** Whether a call failed because it was too much. */
  tooMuch: boolean;
  readonly culprits: Set<Unit>;
}

/** How often the engine lets a message fail as a breaker's probe for each attempt that it uses. */
const probesPerAttempt = 10;

/** Counts the attempts of every stage at every unit: how many there may be, how late, and none at what has passed. */
export class AttemptWatch {
  readonly #options: AttemptWatchOptions;

  constructor(options: AttemptWatchOptions) {
    this.#options = options;
  }

  /** A stage begins to work on units, all of them at once; those that come later in a lane go along with the first. */
  begins(process: SimulatedProcess, stage: number, units: readonly Unit[]): void {
    const { kind } = this.#stage(stage);
    const lanes = kind === "batch" ? new Set<Unit["lane"]>() : undefined;
    for (const unit of units) {
      const deliveries = this.#deliveries(process, unit);
      const efforts = this.#effortsFor(process, unit);
      const begun = count(efforts.begun, stage);
      if ((efforts.passed[stage] ?? 0) >= deliveries)
        this.#find("contract", process, stage, unit, `which has passed there, and was given to it ${deliveries} times`);
      const most = this.#options.maxAttempts * this.#perAttempt(stage) * deliveries;
      if (kind === "handle" && begun > most) this.#find("G12", process, stage, unit, `for the ${begun}th time, where ${most} are allowed`);
      if (lanes === undefined) continue;
      const goesAlong = unit.lane !== undefined && lanes.has(unit.lane);
      lanes.add(unit.lane);
      if (!goesAlong) this.#searched(process, stage, unit, this.#searchFor(efforts, stage, deliveries));
    }
  }

  /** A call to a batch handler has failed as a whole: because of some units, or because it was too much. */
  failsAsAWhole(process: SimulatedProcess, stage: number, units: readonly Unit[], culprits: readonly Unit[], tooMuch: boolean): void {
    for (const unit of units) {
      const search = this.#searchFor(this.#effortsFor(process, unit), stage, this.#deliveries(process, unit));
      search.largest = Math.max(search.largest, units.length);
      search.tooMuch ||= tooMuch;
      for (const culprit of culprits) search.culprits.add(culprit);
    }
  }

  /** A stage is told that it has done its work on a unit. */
  passes(process: SimulatedProcess, stage: number, unit: Unit): void {
    const efforts = this.#effortsFor(process, unit);
    count(efforts.passed, stage);
    efforts.searches[stage] = undefined;
  }

  /** A sink has failed a unit: an attempt is used, however often it is said that none was. */
  fails(process: SimulatedProcess, stage: number, unit: Unit): void {
    const failed = count(this.#effortsFor(process, unit).failed, stage);
    const most = this.#options.maxAttempts * this.#perAttempt(stage) * this.#deliveries(process, unit);
    if (failed > most) this.#find("G12", process, stage, unit, `and was failed for the ${failed}th time, where ${most} are allowed`);
  }

  /** An engine tells that it will try again, after a delay. */
  retrying(process: SimulatedProcess, unit: Unit, stage: string, delayMs: number): void {
    const { maxAttempts, maxAgeMs = Number.POSITIVE_INFINITY, findings } = this.#options;
    const efforts = this.#effortsFor(process, unit);
    efforts.searches.length = 0;
    const retries = (efforts.retries.get(stage) ?? 0) + 1;
    efforts.retries.set(stage, retries);
    const what = `${stage} in ${process.name} is to try ${unit.id} again`;
    const most = (maxAttempts - 1) * this.#deliveries(process, unit);
    if (retries > most) findings.add("G12", `${what} for the ${retries}th time, where ${most} are allowed`);
    const ageMs = process.clock.nowMs() + delayMs - unit.timestampMs;
    if (ageMs > maxAgeMs) findings.add("G12", `${what} when it is ${ageMs} ms old, where ${maxAgeMs} are allowed`);
  }

  /**
   * A batch that fails as a whole is halved until the fault is found: each takes so many calls more as the batch can be halved, and one with what is behind it.
   * One that was too much is asked in pieces, from the front, and what is left of it each time.
   */
  #searched(process: SimulatedProcess, stage: number, unit: Unit, search: Search): void {
    search.calls++;
    const { calls, largest, culprits, tooMuch } = search;
    const halvings = Math.ceil(Math.log2(Math.max(1, largest)));
    // A queue may give a message out again while the engine still has it.
    const copies = unit.partition === undefined ? search.deliveries : 1;
    const most = (1 + culprits.size * (halvings + 1) + (tooMuch ? 2 * largest : 0)) * this.#perAttempt(stage) * copies;
    if (calls > most)
      this.#find(
        "G12",
        process,
        stage,
        unit,
        `in the ${calls}th call of one attempt, where ${most} are allowed: ${largest} were in the largest`,
      );
  }

  #searchFor({ searches }: Efforts, stage: number, deliveries: number): Search {
    let search = searches[stage];
    if (search === undefined || search.deliveries !== deliveries)
      searches[stage] = search = { deliveries, calls: 0, largest: 0, tooMuch: false, culprits: new Set() };
    return search;
  }

  #perAttempt(stage: number): number {
    return this.#stage(stage).breaker ? 1 + probesPerAttempt : 1;
  }

  #deliveries(process: SimulatedProcess, unit: Unit): number {
    return this.#options.viewOf(process).deliveries.get(unit.parent ?? unit) ?? 0;
  }

  #effortsFor(process: SimulatedProcess, unit: Unit): Efforts {
    const { efforts } = this.#options.viewOf(process);
    let found = efforts.get(unit);
    if (found === undefined) efforts.set(unit, (found = new Efforts()));
    return found;
  }

  #stage(stage: number): WatchedStage {
    return this.#options.stages[stage] as WatchedStage;
  }

  #find(guarantee: string, process: SimulatedProcess, stage: number, unit: Unit, says: string): void {
    this.#options.findings.add(guarantee, `${this.#stage(stage).name} in ${process.name} attempts ${unit.id}, ${says}`);
  }
}

function count(counts: number[], at: number): number {
  const next = (counts[at] ?? 0) + 1;
  counts[at] = next;
  return next;
}
