import type { PartitionId } from "@spillway/spec";
import { equal, rejectsWith, settled } from "../kit/check.ts";
import { ownSignal } from "../kit/listeners.ts";
import { expectAbortEnds } from "../kit/under-way.ts";
import { expectSet, list, next, record, scope } from "./lease-records.ts";
import type { LeaseStoreSuite } from "./lease-store-subject.ts";

/** How records and calls end: removals, damage, crashes, aborts. */
export const endingCases: LeaseStoreSuite["cases"] = [
  {
    name: "remove takes the record away, at its version only",
    proves: "A finished partition is retired, and not by somebody who did not see its last change.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const store = subject.store();
      const first = record("a");
      await expectSet(true, store, undefined, first, context);
      await expectSet(true, store, 1, next(first), context);
      const { partition } = first;
      equal(
        "whether it is gone, at an earlier version",
        await context.within("the removal", store.remove(scope, partition, 1, context)),
        false,
      );
      equal("the records", await list(subject.store(), context), [next(first)]);
      equal("whether it is gone, at its version", await context.within("the removal", store.remove(scope, partition, 2, context)), true);
      equal("the records", await list(subject.store(), context), []);
    },
  },
  {
    name: "removing what is not there is true",
    proves: "A removal whose answer was lost may be asked again.",
    guarantee: "G7",
    needs: [],
    async run(subject, context) {
      const removed = await context.within("the removal", subject.store().remove(scope, "nothing" as PartitionId, 7, context));
      equal("whether it is gone", removed, true);
    },
  },
  {
    name: "remove leaves the scope's other records, and other scopes', alone",
    proves: "Retiring one partition retires one partition.",
    guarantee: "G4",
    needs: ["scopes"],
    async run(subject, context) {
      const store = subject.store();
      for (const partition of ["a", "b"]) await expectSet(true, store, undefined, record(partition), context);
      await context.within("the compare-and-set", store.compareAndSet("other", undefined, record("a"), context));
      await context.within("the removal", store.remove(scope, "a" as PartitionId, 1, context));
      equal("the scope's records", await list(store, context), [record("b")]);
      equal("the other scope's records", await list(store, context, "other"), [record("a")]);
    },
  },
  {
    name: "a record that cannot be understood is refused, not taken for none",
    proves: "A damaged lease stops the workers loudly: taken for none, the partition would be read by two.",
    guarantee: "G8",
    needs: ["corrupt"],
    async run(subject, context) {
      await expectSet(true, subject.store(), undefined, record("a"), context);
      await context.within("damaging the record", subject.corrupt(scope, "a" as PartitionId));
      await rejectsWith("the list", list(subject.store(), context), "SPILLWAY_FORMAT");
      const claimed = await settled(subject.store().compareAndSet(scope, undefined, record("a", { owner: "late" }), context));
      equal("whether it was claimed anew", claimed.state === "resolved" && claimed.value, false);
    },
  },
  {
    name: "records are there after a crash",
    proves: "A claim that was confirmed is durable: a restart does not give a partition to two.",
    guarantee: "G10",
    needs: ["reopen"],
    async run(subject, context) {
      await expectSet(true, subject.store(), undefined, record("a"), context);
      await expectSet(true, subject.store(), 1, next(record("a"), { owner: "successor" }), context);
      await context.within("reopening", subject.reopen());
      equal("the records", await list(subject.store(), context), [next(record("a"), { owner: "successor" })]);
    },
  },
  {
    name: "calls whose signal is aborted already reject",
    proves: "A stop does not wait for a store, and a lease that was not written is not taken for held.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const own = ownSignal();
      own.abort();
      const store = subject.store();
      const calls = [
        store.list(scope, own),
        store.compareAndSet(scope, undefined, record("a"), own),
        store.remove(scope, "a" as PartitionId, 1, own),
      ];
      const outcomes = await context.within("the end of the calls", Promise.all(calls.map((call) => settled<unknown>(call))));
      equal(
        "how list, compareAndSet and remove ended",
        outcomes.map(({ state }) => state),
        ["rejected", "rejected", "rejected"],
      );
    },
  },
  {
    name: "calls that have answered leave no listener on their signal",
    proves: "A signal that lives as long as the pipeline does not gather the remains of every renewal.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const own = ownSignal();
      const store = subject.store();
      await context.within("the compare-and-set", store.compareAndSet(scope, undefined, record("a"), own));
      await context.within("the list", store.list(scope, own));
      await context.within("the removal", store.remove(scope, "a" as PartitionId, 1, own));
      own.expectNoListeners("the listeners left by list, compareAndSet and remove");
    },
  },
  {
    name: "an abort ends calls that are under way",
    proves: "A stop is not held up by a store that has not answered, and a lease that may not be written is not taken for held.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const store = subject.store();
      const { partition } = record("a");
      await expectAbortEnds("the compare-and-set", (options) => store.compareAndSet(scope, undefined, record("a"), options), context);
      await expectAbortEnds("the list", (options) => store.list(scope, options), context);
      await expectAbortEnds("the removal", (options) => store.remove(scope, partition, 1, options), context);
    },
  },
];
