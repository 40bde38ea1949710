import type { LogSource, Source, StartPosition } from "@spillway/spec";
import { leaseAssigner } from "../leases/lease-assigner.ts";
import { askForAdvice } from "./advice.ts";
import { requireBlockable } from "./blocked-key.ts";
import { Credits } from "./credits.ts";
import type { Gate } from "./gate.ts";
import { LogIntake } from "./log-intake.ts";
import type { Ordering } from "./ordering.ts";
import { QueueIntake } from "./queue-intake.ts";
import type { CheckpointPolicy, Intake, Run } from "./run-context.ts";
import { asError } from "./say-error.ts";
import { scopeOf } from "./scope-of.ts";
import { sourcesInUse } from "./sources-in-use.ts";
import { Turns } from "./turns.ts";

/** One source of a pipeline, and how it is to be read. */
export interface Input {
  readonly source: Source<unknown>;
  readonly ordering: Ordering;
  readonly maxInFlight: number;
  readonly maxBytesInFlight: number;
  readonly start: StartPosition;
  readonly crashLimit: number;
  /** Undefined: the assigner's own. */
  readonly leaseDurationMs: number | undefined;
  /** 0 is the highest priority. */
  readonly level: number;
}

/** How a root tells the stream that it has ended. */
export interface StreamEnd {
  complete(): void;
  error(error: unknown): void;
}

const defaultPolicy: CheckpointPolicy = { everyMessages: 1_000, everyMs: 5_000 };
const minSpan = 65_536;

/** The beginning of a pipeline: its sources, each with its own credits and settlement, before one gate. */
export class Root {
  readonly inputs: readonly Input[];
  readonly #lowerShare: number;

  constructor(inputs: readonly Input[], lowerShare: number) {
    this.inputs = inputs;
    this.#lowerShare = lowerShare;
  }

  get maxInFlight(): number {
    return this.inputs.reduce((sum, { maxInFlight }) => sum + maxInFlight, 0);
  }

  /** Whose turn it is at this root's gate. */
  turns(): Turns {
    return new Turns(this.#lowerShare);
  }

  /** Begins to read the sources into the gate; the returned function abandons them. */
  activate(run: Run, gate: Gate, end: StreamEnd): () => void {
    if (run.blocksKeys) for (const { source, ordering } of this.inputs) requireBlockable(source, ordering);
    const release = sourcesInUse.enter(this.inputs.map(({ source }) => source));
    const intakes = this.inputs.map((input) => intakeOf(input, run, gate));
    run.intakes.push(...intakes);
    // One may have failed while it was made: stop() did not know the others yet.
    const { stopping } = run;
    if (stopping !== undefined) for (const intake of intakes) intake.drain(run.clock.nowMs() + run.settings.drainTimeoutMs, stopping);
    let serving = true;
    // After an error of one, the others are read until they have been abandoned.
    void Promise.allSettled(intakes.map(({ ended }) => ended)).then(release);
    Promise.all(intakes.map(({ ended }) => ended)).then(
      () => {
        serving = false;
        end.complete();
      },
      (error: unknown) => {
        serving = false;
        for (const intake of intakes) intake.abandon(asError(error));
        end.error(error);
      },
    );
    return () => {
      if (serving) for (const intake of intakes) intake.abandon(new Error("the pipeline was unsubscribed"));
    };
  }
}

function intakeOf(input: Input, run: Run, gate: Gate): Intake {
  const { source, ordering, maxInFlight, maxBytesInFlight, start, crashLimit, level } = input;
  const credits = new Credits(maxInFlight, maxBytesInFlight);
  const maxSpan = Math.max(minSpan, maxInFlight * 4);
  if (source.kind === "queue") {
    void askForAdvice(run, source, crashLimit);
    return new QueueIntake({ run, gate, ordering, level, source, credits, crashLimit, maxSpan });
  }
  const policy = run.checkpointPolicy ?? defaultPolicy;
  const scope = scopeOf(source);
  return new LogIntake({
    run,
    gate,
    ordering,
    level,
    source,
    assigner: assignerOf(source, scope, run, input.leaseDurationMs),
    scope,
    start,
    credits,
    policy,
    maxSpan,
    crashLimit,
  });
}

function assignerOf(source: LogSource<unknown>, scope: string, run: Run, leaseDurationMs: number | undefined): LogIntake["assigner"] {
  const { coordination } = source;
  if (coordination.by === "provider") return coordination.assigner;
  return leaseAssigner({
    store: coordination.leases,
    scope,
    source,
    worker: run.settings.worker,
    clock: run.clock,
    ...(leaseDurationMs === undefined ? {} : { leaseDurationMs }),
    report: (event) => run.emit({ type: "lease", source: source.name, event }),
  });
}
