import type { FailurePolicy } from "./failure-policy.ts";
import type { Gate } from "./gate.ts";
import type { Run } from "./run-context.ts";
import type { Acceptor } from "./stage.ts";

/** What a stage is built with. */
export interface BuildContext {
  readonly run: Run;
  readonly next: Acceptor;
  /** The stage's name, unique in its pipeline. */
  readonly name: string;
  /** The gate while the chain is still before its exit, undefined from there on. */
  readonly gate: Gate | undefined;
}

/** How a stage ends the part of the chain that the gate watches over. */
export type GateRole =
  /** It works inside the gate, if it comes early enough: decode, map, filter. */
  | { readonly is: "inside" }
  /** A delivery leaves the gate behind it, and the gate's units are its own concurrency. */
  | { readonly is: "exit"; readonly concurrency: number }
  /** A delivery leaves the gate before it: it keeps lanes and company of its own. */
  | { readonly is: "beyond" };

/** One stage as data: from it come the running chain, the checks at start, explain() and the names in events and dead letters. */
export interface StageDescription {
  readonly kind: string;
  /** Given by the user, or made from the kind and its number. */
  readonly name: string | undefined;
  /** One sentence for explain(). */
  readonly says: string;
  /** What it promises beyond what every pipeline does, to be read after its name ("publish writes to …"); undefined for most. */
  readonly promise: string | undefined;
  /** What it does about failed messages. */
  readonly failures: FailurePolicy;
  readonly role: GateRole;
  build(context: BuildContext): Acceptor;
}

/** A stage in a pipeline, under the name that explain(), events and dead letters call it by. */
export interface NamedStage {
  readonly description: StageDescription;
  readonly name: string;
}
