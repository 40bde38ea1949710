import { SpillwayError, type LogSource, type Source, type StartPosition } from "@spillway/spec";
import { leaseAssigner } from "../leases/lease-assigner.ts";
import { Credits } from "./credits.ts";
import type { Gate } from "./gate.ts";
import { LogIntake } from "./log-intake.ts";
import type { Ordering } from "./ordering.ts";
import { QueueIntake } from "./queue-intake.ts";
import type { CheckpointPolicy, Intake, Run } from "./run-context.ts";
import { scopeOf } from "./scope-of.ts";

/** What consume() was asked for, checked and completed. */
export interface RootOptions {
  readonly source: Source<unknown>;
  readonly ordering: Ordering;
  readonly maxInFlight: number;
  readonly maxBytesInFlight: number;
  readonly start: StartPosition;
  readonly crashLimit: number;
}

/** How a root tells the stream that it has ended. */
export interface StreamEnd {
  complete(): void;
  error(error: unknown): void;
}

interface ServedIntake extends Intake {
  serve(): Promise<void>;
}

const defaultPolicy: CheckpointPolicy = { everyMessages: 1_000, everyMs: 5_000 };
const minSpan = 65_536;

/** The beginning of a pipeline: one source, and how it is to be read. */
export class Root {
  readonly options: RootOptions;
  #active = false;

  constructor(options: RootOptions) {
    this.options = options;
  }

  get maxInFlight(): number {
    return this.options.maxInFlight;
  }

  /** Begins to read the source into the gate; the returned function abandons it. */
  activate(run: Run, gate: Gate, end: StreamEnd): () => void {
    const { source } = this.options;
    if (this.#active) {
      throw new SpillwayError(`"${source.name}" is being read by this pipeline already; make another source object for a second pipeline`, {
        code: "SPILLWAY_INVALID_OPTIONS",
        failureClass: "fatal",
      });
    }
    this.#active = true;
    let serving = true;
    const intake = this.#intake(run, gate);
    run.intakes.push(intake);
    const finish = (): void => {
      serving = false;
      this.#active = false;
    };
    intake.serve().then(
      () => {
        finish();
        end.complete();
      },
      (error: unknown) => {
        finish();
        end.error(error);
      },
    );
    return () => {
      if (serving) intake.abandon(new Error("the pipeline was unsubscribed"));
    };
  }

  #intake(run: Run, gate: Gate): ServedIntake {
    const { source, ordering, maxInFlight, maxBytesInFlight, start, crashLimit } = this.options;
    const credits = new Credits(maxInFlight, maxBytesInFlight);
    if (source.kind === "queue") return new QueueIntake({ run, gate, ordering, source, credits, crashLimit });
    const { coordination } = source;
    const scope = scopeOf(source);
    const assigner =
      coordination.by === "provider"
        ? coordination.assigner
        : leaseAssigner({
            store: coordination.leases,
            scope,
            source,
            worker: run.settings.worker,
            clock: run.clock,
            report: (event) => run.emit({ type: "lease", source: source.name, event }),
          });
    const policy = run.checkpointPolicy ?? defaultPolicy;
    const maxSpan = Math.max(minSpan, maxInFlight * 4);
    return new LogIntake({ run, gate, ordering, source: source as LogSource<unknown>, assigner, scope, start, credits, policy, maxSpan, crashLimit });
  }
}
