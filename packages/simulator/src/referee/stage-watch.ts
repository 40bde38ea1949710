import { hasCode, type ItemResult } from "@spillway/spec";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { History } from "../history.ts";
import type { AttemptWatch } from "./attempt-watch.ts";
import type { Findings } from "./findings.ts";
import type { ProcessView } from "./process-view.ts";
import type { Register } from "./register.ts";
import type { Unit } from "./unit.ts";

/** A stage of a pipeline that does work, as the referee knows it. */
export interface WatchedStage {
  readonly name: string;
  /** How many calls it may make at once; undefined for what is bounded otherwise. */
  readonly concurrency: number | undefined;
  /** Whether it works on children instead of messages. */
  readonly onChildren: boolean;
  readonly kind: "handle" | "batch" | "publish";
  /** Whether a breaker may let a unit fail as a probe, which uses no attempt. */
  readonly breaker: boolean;
}

/** What a stage watch goes by. */
export interface StageWatchOptions {
  readonly stages: readonly WatchedStage[];
  readonly findings: Findings;
  readonly history: History;
  readonly register: Register;
  readonly viewOf: (process: SimulatedProcess) => ProcessView;
  /** Hears of every attempt, and of what is known to have passed. */
  readonly attempts: AttemptWatch;
}

/** Watches every attempt: whether it may start now, and what is done when it has ended. */
export class StageWatch {
  readonly #options: StageWatchOptions;
  readonly #complete: { readonly messages: number; readonly children: number };
  readonly #first: { readonly messages: number; readonly children: number };

  /** The number of the process that has rewound the consumer last. */
  #rewoundBy = -1;

  constructor(options: StageWatchOptions) {
    this.#options = options;
    const mask = (onChildren: boolean): number =>
      options.stages.reduce((sum, stage, index) => (stage.onChildren === onChildren ? sum | (1 << index) : sum), 0);
    this.#complete = { messages: mask(false), children: mask(true) };
    this.#first = {
      messages: options.stages.findIndex(({ onChildren }) => !onChildren),
      children: options.stages.findIndex(({ onChildren }) => onChildren),
    };
  }

  /** The consumer was rewound: a write that was under way before may arrive now, and has nothing to do with what follows. */
  rewound(by: SimulatedProcess): void {
    this.#rewoundBy = by.number;
  }

  /** A stage begins to work on units, all of them at once. */
  attempt(process: SimulatedProcess, stage: number, units: readonly Unit[]): void {
    const { findings, history, viewOf } = this.#options;
    history.add(process.name, "attempt", () => `${this.#name(stage)} on ${units.map(({ id }) => id).join(", ")}`);
    const view = viewOf(process);
    this.#options.attempts.begins(process, stage, units);
    const along = units.length > 1 ? new Set(units) : undefined;
    for (const unit of units) {
      const what = `${this.#name(stage)} in ${process.name} attempts ${unit.id}`;
      unit.attempts[stage] = (unit.attempts[stage] ?? 0) + 1;
      if (stage === (unit.parent === undefined ? this.#first.messages : this.#first.children)) unit.passedIn.set(process.number, 0);
      if (unit.partition !== undefined && view.gone.has(unit.partition))
        findings.add("G8", `${what} after its partition ${unit.partition} was lost or given back`);
      if (unit.attempts[stage] === 1 && unit.key !== undefined && view.blocked.get(unit.partition ?? "")?.has(unit.key) === true)
        findings.add("G3", `${what}, though a dead letter blocks its key`);
      const covered = unit.partition === undefined ? undefined : view.covered.get(unit.partition);
      if (covered !== undefined && (unit.offset <= covered.offset || covered.done.has(unit.offset))) {
        findings.add("G10", `${what}, which the checkpoint that was loaded says is done`);
      }
      const held = unit.lane?.heldBy(stage, unit, along);
      if (held !== undefined) findings.add("G3", `${what} before ${held.id} of the same lane (${unit.lane?.name}) has left that stage`);
    }
  }

  /** A stage has done its work on a unit, and is told so. */
  passed(process: SimulatedProcess, stage: number, unit: Unit): void {
    this.#options.attempts.passes(process, stage, unit);
    this.#done(process, stage, unit);
  }

  #done(process: SimulatedProcess, stage: number, unit: Unit): void {
    this.#options.history.add(process.name, "pass", () => `${this.#name(stage)} of ${unit.id}`);
    unit.passed |= 1 << stage;
    const mask = (unit.passedIn.get(process.number) ?? 0) | (1 << stage);
    unit.passedIn.set(process.number, mask);
    if (unit.children.length > 0) return;
    const complete = unit.parent === undefined ? this.#complete.messages : this.#complete.children;
    if ((mask & complete) !== complete) return;
    this.#options.register.end(unit, "succeeded");
    // Where there are children, a message has passed its stages before it has ended.
    if (unit.partition !== undefined && this.#complete.children === 0)
      this.#options.viewOf(process).completed.get(unit.partition)?.add(unit);
  }

  /** A sink holds a unit: of those of its lane, each must have been held before it. */
  stored(process: SimulatedProcess, stage: number, unit: Unit): void {
    if (process.number < this.#rewoundBy) return;
    const held = unit.lane?.heldBy(stage, unit, undefined);
    if (held !== undefined)
      this.#options.findings.add("G3", `${this.#name(stage)} holds ${unit.id} before ${held.id} of the same lane (${unit.lane?.name})`);
    this.#done(process, stage, unit);
  }

  /** A sink has answered a write, or, without results, failed it as a whole: of each lane, only the first failure uses an attempt. */
  answered(process: SimulatedProcess, stage: number, units: readonly Unit[], results: readonly ItemResult[] | undefined): void {
    const { attempts } = this.#options;
    const stuck = new Set<Unit["lane"]>();
    for (const [index, unit] of units.entries()) {
      const result = results?.[index];
      if (result?.ok === true) {
        attempts.passes(process, stage, unit);
        continue;
      }
      const isBehind = unit.lane !== undefined && stuck.has(unit.lane);
      stuck.add(unit.lane);
      if (!isBehind && !(result !== undefined && hasCode(result.error, "SPILLWAY_NOT_ATTEMPTED"))) attempts.fails(process, stage, unit);
    }
  }

  /** A handler has ended whose signal has not aborted: that of a partition that was lost or given back must have. */
  outlives(process: SimulatedProcess, stage: number, unit: Unit): void {
    const { findings, viewOf } = this.#options;
    if (unit.partition !== undefined && viewOf(process).gone.has(unit.partition))
      findings.add(
        "G8",
        `${this.#name(stage)} in ${process.name} works on ${unit.id}, whose partition ${unit.partition} is gone, and was not told`,
      );
  }

  /** A call to a handler starts; the returned function is called when it has ended. Counted only where the engine waits for it to end. */
  running(process: SimulatedProcess, stage: number): () => void {
    const view = this.#options.viewOf(process);
    const now = (view.running[stage] ?? 0) + 1;
    view.running[stage] = now;
    const { concurrency } = this.#options.stages[stage] as WatchedStage;
    if (concurrency !== undefined && now > concurrency && !view.disturbed) {
      this.#options.findings.add("G5", `${this.#name(stage)} in ${process.name} runs ${now} at once, ${concurrency} are allowed`);
    }
    return () => {
      view.running[stage] = (view.running[stage] ?? 1) - 1;
    };
  }

  #name(stage: number): string {
    return this.#options.stages[stage]?.name ?? `stage ${stage}`;
  }
}
