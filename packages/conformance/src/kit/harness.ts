import { SpillwayError } from "@spillway/spec";

/** How the kit gets at an adapter: what it lacks, and a fresh subject for each case. */
export interface Harness<Subject extends Closable, Need extends string> {
  /** What is held to the contract: "memory", "sqs fifo". Names it in reports. */
  readonly name: string;
  /** What this adapter or its backend cannot do, each with the reason that its skipped cases carry. Everything else is expected. */
  readonly lacks: Readonly<Partial<Record<Need, string>>>;
  /** The longest that one case may take, in milliseconds of real time; 20,000 is right unless time has to pass on a server. */
  readonly deadlineMs: number;
  /** Resolves to a subject that shares nothing with earlier ones: its log, queue or table is empty. */
  open(options: { readonly signal: AbortSignal }): Promise<Subject>;
}

/** What every subject has in common. */
export interface Closable {
  /** Frees what the subject holds; called once, also after a failed case. */
  close(): Promise<void>;
}

/** Stands for a member of a subject whose need the harness lacks; the kit never calls it. */
export function lacking(): never {
  throw new SpillwayError("A case used an ability that its harness lacks; name the ability in the case's needs.", {
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
  });
}
