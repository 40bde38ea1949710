import type { Lease } from "@spillway/spec";
import type { HeldLease } from "./held-lease.ts";

/** Ends a lease under which no message was attempted. One that was found unreleased must be found so by the next as well, so it is left to run out. */
export async function giveBack(held: HeldLease, takeover: Lease["takeover"] = held.lease.takeover): Promise<void> {
  if (takeover === "unclean") return held.abandon();
  try {
    await held.lease.release("drained", { signal: new AbortController().signal });
  } catch {
    // Lost before, or lost while the store did not answer: it is free for others either way, and was reported.
    held.abandon();
  }
}
