import { SpillwayError, type Assigner, type AssignerOptions, type Lease } from "@spillway/spec";
import type { GroupMember } from "./group-member.ts";
import type { HeldLease } from "./held-lease.ts";
import { startAt } from "../position.ts";

/** The consumer group as an assigner, and the member that it makes while it is asked for leases. */
export interface GroupAssigner extends Assigner {
  /** The member that takes part now; undefined while nobody has asked for leases. */
  readonly member: GroupMember | undefined;
}

/** What the assigner makes its member with. */
export interface MemberFactory {
  make(start: AssignerOptions["start"]): GroupMember;
  /** Keeps the connections open; calling what it returns ends that. */
  hold(): () => void;
}

/** Makes an assigner over a consumer group: Kafka shares the partitions out. */
export function groupAssigner(factory: MemberFactory): GroupAssigner {
  let member: GroupMember | undefined;
  return {
    get member() {
      return member;
    },
    leases({ start, signal }) {
      if (member !== undefined) {
        throw new SpillwayError("This source takes part in its group already. Make a source of its own for each pipeline.", {
          code: "SPILLWAY_CONFLICT",
          failureClass: "fatal",
        });
      }
      const current = factory.make(start);
      member = current;
      const release = factory.hold();
      const queue = leaseQueue(signal);
      current
        .run((held) => queue.push(leaseOf(current, held)), { signal })
        .then(queue.end, queue.fail)
        .finally(() => {
          member = undefined;
          release();
        });
      return queue;
    },
  };
}

function leaseOf(member: GroupMember, held: HeldLease): Lease {
  return {
    partition: held.id,
    token: held.token,
    start: startAt(held.committed.offset),
    takeover: held.takeover,
    drain: held.drain.signal,
    lost: held.lost.signal,
    // A partition of Kafka never ends, so however it is given back, somebody else may go on with it.
    release: (_how, options) => member.release(held, options),
  };
}

interface LeaseQueue extends AsyncIterable<Lease> {
  push(lease: Lease): void;
  end(): void;
  fail(error: unknown): void;
}

/** Leases wait here for the engine, which asks for the next at once; never more than there are partitions. Ends when the signal aborts. */
function leaseQueue(signal: AbortSignal): LeaseQueue {
  const waiting: Lease[] = [];
  let end: { readonly error?: unknown } | undefined = signal.aborted ? {} : undefined;
  let wake: () => void = () => {};

  const giveBack = (lease: Lease): void => {
    // Nobody has asked for it, so nobody will give it back. One that cannot be given back runs out by itself.
    lease.release("drained", { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  };
  const finish = (how: { readonly error?: unknown }): void => {
    end ??= how;
    for (const lease of waiting.splice(0)) giveBack(lease);
    wake();
  };
  signal.addEventListener("abort", () => finish({}), { once: true });

  return {
    push(lease) {
      if (end !== undefined) return giveBack(lease);
      waiting.push(lease);
      wake();
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
    [Symbol.asyncIterator]: () => ({
      async next() {
        for (;;) {
          const lease = waiting.shift();
          if (lease !== undefined) return { done: false, value: lease };
          if (end !== undefined) {
            if ("error" in end) throw end.error;
            return { done: true, value: undefined };
          }
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
      async return() {
        finish({});
        return { done: true, value: undefined };
      },
    }),
  };
}
