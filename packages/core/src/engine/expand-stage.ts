import { isThenable } from "./is-thenable.ts";
import { Family, type FamilyOptions } from "./family.ts";
import { leave } from "./leave.ts";
import { markFailed } from "./mark.ts";
import type { Run } from "./run-context.ts";
import type { Acceptor, RunnableStage } from "./stage.ts";
import type { StageAdmission } from "./stage-admission.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** What an expand stage is made of. */
export interface ExpandStageOptions {
  readonly name: string;
  readonly run: Run;
  readonly next: Acceptor;
  readonly admission: StageAdmission;
  readonly maxChildren: number;
  readonly split: (value: unknown, delivery: TrackedDelivery) => Iterable<unknown> | AsyncIterable<unknown>;
  readonly family: Pick<FamilyOptions, "ordering" | "toPayload">;
}

const noChildren = { kind: "filtered", reason: "no children" } as const;

/** Sends the children of a message through the later stages, and settles the message when all of them are. */
export class ExpandStage implements Acceptor, RunnableStage {
  readonly name: string;
  readonly open: Acceptor = this;
  readonly #options: ExpandStageOptions;

  constructor(options: ExpandStageOptions) {
    this.name = options.name;
    this.#options = options;
    options.run.expands = true;
  }

  accept(delivery: TrackedDelivery): void {
    const { admission, next } = this.#options;
    if (delivery.mark !== undefined) next.accept(delivery);
    else if (admission.admit(delivery, this)) this.start(delivery);
  }

  start(parent: TrackedDelivery): void {
    void this.#expand(parent);
  }

  async #expand(parent: TrackedDelivery): Promise<void> {
    const { run, admission, next, maxChildren, split, family: rules } = this.#options;
    let wake: (() => void) | undefined;
    const changed = (): void => wake?.();
    // While its children wait, a message costs no concurrency, as one that waits itself.
    const rested = (): void => {
      if (parent.holder === admission) admission.park(parent);
    };
    const family = new Family({ ...rules, run, parent, changed, rested });
    parent.stage = this;
    const hasUnit = unitFor(parent, admission, this.name, changed);
    parent.activity = family;
    admission.occupy(parent);
    // Last: it may be aborted by this, and gives back what it has here.
    parent.feed.hold(parent);
    let iterator: Iterator<unknown, unknown> | AsyncIterator<unknown, unknown> | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      iterator = iteratorOf(split(parent.value, parent));
      for (;;) {
        while (!parent.settled && !(family.mayBear(maxChildren) && hasUnit())) await new Promise<void>((resolve) => (wake = resolve));
        if (parent.settled) break;
        const step = iterator.next();
        const result: IteratorResult<unknown, unknown> = isThenable(step) ? await step : step;
        if (result.done === true || parent.settled) break;
        const child = family.spawn(result.value);
        if (child !== undefined) next.accept(child);
      }
    } catch (error) {
      failure = { error };
    }
    if (parent.settled) {
      await endQuietly(iterator);
      return;
    }
    family.bearsNoMore();
    if (failure === undefined && family.born > 0) this.#leave(parent);
    while (family.size > 0 && !parent.settled) await new Promise<void>((resolve) => (wake = resolve));
    if (parent.settled) return;
    parent.activity = undefined;
    if (failure !== undefined) this.#failed(parent, failure.error);
    else if (family.born === 0) {
      parent.mark = noChildren;
      leave(parent, admission, next);
    } else parent.feed.conclude(parent, "succeeded");
  }

  /** All children are on their way: the lane's next message may be split, and its children queue behind these. */
  #leave(parent: TrackedDelivery): void {
    parent.giveUpHolder();
  }

  #failed(parent: TrackedDelivery, error: unknown): void {
    markFailed(parent, this, error, undefined, this.#options.run.clock.nowMs());
    this.#options.admission.park(parent);
    this.#options.next.accept(parent);
  }
}

/** Asks for a unit for a message that has given its own back, once at a time; says whether it has one, and calls `granted` when it gets one. */
function unitFor(parent: TrackedDelivery, admission: StageAdmission, name: string, granted: () => void): () => boolean {
  let asked = false;
  const start = (): void => {
    asked = false;
    granted();
  };
  return () => {
    if (!parent.hasUnit && !asked) {
      asked = true;
      admission.resume(parent, { name, start });
    }
    return parent.hasUnit;
  };
}

function iteratorOf(children: Iterable<unknown> | AsyncIterable<unknown>): Iterator<unknown, unknown> | AsyncIterator<unknown, unknown> {
  // A text is a list of its characters, and no object.
  return typeof children === "object" && Symbol.asyncIterator in children ? children[Symbol.asyncIterator]() : children[Symbol.iterator]();
}

/** The message has been aborted: what its iterator says to being closed makes no difference. */
async function endQuietly(iterator: Iterator<unknown, unknown> | AsyncIterator<unknown, unknown> | undefined): Promise<void> {
  try {
    await iterator?.return?.();
  } catch {
    return;
  }
}
