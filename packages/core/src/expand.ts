import type { Message, Payload } from "@spillway/spec";
import type { StageDescription } from "./engine/description.ts";
import { leavesFailures } from "./engine/failure-policy.ts";
import { ExpandStage } from "./engine/expand-stage.ts";
import { refuse, requireCount, requireKnown } from "./engine/require.ts";
import { StageAdmission } from "./engine/stage-admission.ts";
import { addStage } from "./pipeline.ts";
import type { Stage } from "./stage.ts";

/** How a message is split. */
export interface ExpandOptions<B> {
  /** Names the stage in explain(), events and dead letters. Default "expand", numbered if there are several. */
  readonly name?: string;
  /** The most messages being split at once. Default 8. */
  readonly concurrency?: number;
  /** The most children of one message that are under way at once; the rest is asked for as they end. Default 1,000. */
  readonly maxChildren?: number;
  /** "parent": children stay in their parent's lane, in their order. "none": they are free. Default "parent". */
  readonly ordering?: "parent" | "none";
  /** The bytes that a child's dead letter carries. Default: bytes and text as they are, anything else as JSON. */
  readonly toPayload?: (child: B) => Payload;
}

/** What `split` learns beside the value. */
export interface ExpandContext {
  readonly message: Message<unknown>;
  /** Aborts when the message is lost to this process, or at the drain deadline. */
  readonly signal: AbortSignal;
}

const known = ["name", "concurrency", "maxChildren", "ordering", "toPayload"];

/**
 * Splits a message into children, which pass the later stages on their own, and fail, are retried and dead-lettered on their own. The message is settled
 * when all of them are; without any it is filtered, "no children".
 *
 * Emits each child, with an id made of the parent's and its number · Holds back the lane's next message until all children of this one are on their way,
 * and children while maxChildren of a message are under way · When `split` fails half-way, the message is marked failed after the children that were made
 * have ended; a retry makes all of them again.
 *
 * ```ts
 * expand((notification) => notification.Records)
 * ```
 *
 * What can bite: after a restart, all children of an unsettled message run again, unless run() is given a `version` and the checkpoint store keeps notes: then
 * those that were done are left out by their number, so that `split` must give the same children in the same order as long as the version stays.
 */
export function expand<A, B>(
  split: (value: A, context: ExpandContext) => Iterable<B> | AsyncIterable<B>,
  options: ExpandOptions<B> = {},
): Stage<A, B> {
  requireKnown("expand", options, known);
  const concurrency = requireCount("concurrency", options.concurrency ?? 8);
  const maxChildren = requireCount("maxChildren", options.maxChildren ?? 1_000);
  const { ordering = "parent", toPayload } = options;
  if (ordering !== "parent" && ordering !== "none")
    refuse(`expand's ordering must be "parent" or "none", but is ${JSON.stringify(ordering)}`);
  const stage: StageDescription = {
    kind: "expand",
    name: options.name,
    says: `splits a message into children, at most ${maxChildren} of one under way; the message is settled when all are`,
    promise: undefined,
    failures: leavesFailures,
    role: { is: "beyond" },
    build: ({ run, next, name }) =>
      new ExpandStage({
        name,
        run,
        next,
        admission: new StageAdmission(run, concurrency),
        maxChildren,
        split: (value, delivery) => split(value as A, delivery),
        family: { ordering, toPayload: (value) => (toPayload === undefined ? payloadOf(value) : toPayload(value as B)) },
      }),
  };
  return (source) => addStage(source, stage);
}

function payloadOf(value: unknown): Payload {
  if (value === null || value instanceof Uint8Array) return value;
  return Buffer.from(
    typeof value === "string"
      ? value
      : (JSON.stringify(value, (_name, part: unknown) => (typeof part === "bigint" ? String(part) : part)) ?? ""),
  );
}
