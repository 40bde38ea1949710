import type { Run } from "./run-context.ts";
import type { Acceptor } from "./stage.ts";

/** What a segment of a pipeline finds when it is subscribed by another one, through whatever operators of the user's are between them. */
export interface Ambient {
  readonly run: Run;
  /** The head of the segment downstream, where marked deliveries go, past the user's operators; undefined for the last segment. */
  readonly downstream: Acceptor | undefined;
  /** Whether nobody looks at what the segment emits. */
  readonly unobserved: boolean;
}

let current: Ambient | undefined;

/** The ambient of the subscription that is being made, if one of ours is making it. */
export function ambient(): Ambient | undefined {
  return current;
}

/** Runs a subscription inside an ambient; subscribing is synchronous, so nothing else can run in it. */
export function within<T>(next: Ambient, subscribe: () => T): T {
  const before = current;
  current = next;
  try {
    return subscribe();
  } finally {
    current = before;
  }
}
