import type { Assigner, LogSource, PartitionId, StartPosition } from "@spillway/spec";
import type { Credits } from "./credits.ts";
import type { Feed } from "./feed.ts";
import type { Gate } from "./gate.ts";
import type { Ordering } from "./ordering.ts";
import { PartitionSession } from "./partition-session.ts";
import { asError } from "./say-error.ts";
import type { CheckpointPolicy, Intake, Run } from "./run-context.ts";
import { sharedController } from "./shared-controller.ts";

/** What a log's intake is made of. */
export interface LogIntakeOptions {
  readonly run: Run;
  readonly gate: Gate;
  readonly ordering: Ordering;
  readonly level: number;
  readonly source: LogSource<unknown>;
  readonly assigner: Assigner;
  readonly scope: string;
  readonly start: StartPosition;
  readonly credits: Credits;
  readonly policy: CheckpointPolicy;
  readonly maxSpan: number;
  readonly crashLimit: number;
}

/** Serves every partition of a log that its assigner gives to this process, each in a session of its own, and never a partition in two at once. */
export class LogIntake implements Intake {
  readonly name: string;
  readonly credits: Credits;
  readonly ended: Promise<void>;
  readonly assigner: Assigner;
  readonly #options: LogIntakeOptions;
  readonly #claiming = sharedController();
  readonly sessions: Set<PartitionSession> = new Set<PartitionSession>();
  /** The end of the latest session of each partition. */
  readonly #serving = new Map<PartitionId, Promise<void>>();

  constructor(options: LogIntakeOptions) {
    this.name = options.source.name;
    this.credits = options.credits;
    this.assigner = options.assigner;
    this.#options = options;
    this.ended = this.#serve();
  }

  get feeds(): readonly Feed[] {
    return [...this.sessions].map(({ feed }) => feed);
  }

  async #serve(): Promise<void> {
    const { run, assigner, start } = this.#options;
    try {
      for await (const lease of assigner.leases({ start, signal: this.#claiming.signal })) {
        const session = new PartitionSession({
          ...this.#options,
          lease,
          share: () => Math.floor(this.credits.maxMessages / this.sessions.size),
        });
        this.sessions.add(session);
        const serving: Promise<void> = this.#serveAfterTheLast(session).then(
          () => this.#ended(session, serving),
          (error: unknown) => {
            this.#ended(session, serving);
            run.fail(error);
          },
        );
        this.#serving.set(lease.partition, serving);
        const { signal } = this.#claiming;
        if (signal.aborted) session.drain(run.clock.nowMs(), asError(signal.reason));
      }
    } catch (error) {
      run.fail(error);
    }
    while (this.#serving.size > 0) await Promise.all(this.#serving.values());
  }

  /** A lease that was lost may be this process's again before the session that it had then has come to its end. */
  async #serveAfterTheLast(session: PartitionSession): Promise<void> {
    const last = this.#serving.get(session.lease.partition);
    if (last !== undefined) await last;
    await session.serve();
  }

  drain(deadlineMs: number, reason: Error): void {
    this.#claiming.abort(reason);
    for (const session of this.sessions) session.drain(deadlineMs, reason);
  }

  abandon(reason: Error): void {
    this.#claiming.abort(reason);
    for (const session of this.sessions) session.abandon(reason);
  }

  #ended(session: PartitionSession, serving: Promise<void>): void {
    this.sessions.delete(session);
    const { partition } = session.lease;
    if (this.#serving.get(partition) === serving) this.#serving.delete(partition);
  }
}
