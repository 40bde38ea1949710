import type { FencingToken, Lease, PartitionId } from "@spillway/spec";

/** What happens to leases, as it happens. */
export type LeaseEvent =
  /** This process may read a partition from now on. */
  | {
      readonly type: "lease-gained";
      readonly partition: PartitionId;
      readonly token: FencingToken;
      readonly takeover: Lease["takeover"];
    }
  /** Another worker asked for it: its drain signal is aborted. */
  | { readonly type: "lease-wanted"; readonly partition: PartitionId; readonly token: FencingToken; readonly wantedBy: string }
  /** "taken": the store shows another owner; "silence": no renewal succeeded in time, so that another may take it. */
  | { readonly type: "lease-lost"; readonly partition: PartitionId; readonly token: FencingToken; readonly why: "taken" | "silence" }
  | {
      readonly type: "lease-released";
      readonly partition: PartitionId;
      readonly token: FencingToken;
      readonly how: "drained" | "finished";
    }
  /** Its record was removed: the source does not list it any more and no child waits for it. */
  | { readonly type: "partition-retired"; readonly partition: PartitionId }
  /** A call to the lease store or the source failed; it will be made again. */
  | { readonly type: "lease-call-failed"; readonly call: LeaseCall; readonly error: unknown; readonly retryInMs: number };

/** Which of the calls that keep leases going. */
export type LeaseCall = "look" | "discover" | "renew" | "release";

/** Takes events; must not throw. */
export type ReportLeaseEvent = (event: LeaseEvent) => void;
