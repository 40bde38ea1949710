import type { FencingToken, PartitionId } from "@spillway/spec";
import { equal, rejectsWith, settled } from "../kit/check.ts";
import { upTo } from "../kit/facts.ts";
import { ownSignal } from "../kit/listeners.ts";
import { expectSet, list, next, record, scope } from "./lease-records.ts";
import type { LeaseStoreSuite } from "./lease-store-subject.ts";

/** What is kept, and when a write counts. */
export const recordCases: LeaseStoreSuite["cases"] = [
  {
    name: "a scope that nobody has written to has no records",
    proves: "The first worker of a consumer sees that it is the first.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      equal("the records", await list(subject.store(), context), []);
    },
  },
  {
    name: "a first write makes the record, as it was written",
    proves: "Every member of a record reaches the other workers.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      await expectSet(true, subject.store(), undefined, record("a"), context);
      equal("the records", await list(subject.store(), context), [record("a")]);
    },
  },
  {
    name: "every form of a record is kept",
    proves: "Parents, a wish for a handover, a release, an end and every way to begin are seen by others as they were meant.",
    guarantee: "G11",
    needs: [],
    async run(subject, context) {
      const store = subject.store();
      const records = [
        record("a", { parents: ["p", "q"] as PartitionId[], owner: undefined, wantedBy: "other" }),
        record("b", { state: "finished", token: (2 ** 40) as FencingToken, start: { at: "latest" } }),
        record("c", { start: { at: "timestamp", timestampMs: 1_700_000_000_123 } }),
        record("d", { start: { at: "after", position: "49590338271490256608559692538361571095921575989136588898" as never } }),
      ];
      for (const each of records) await expectSet(true, store, undefined, each, context);
      equal("the records", await list(subject.store(), context), records);
    },
  },
  {
    name: "a write at the stored version replaces the record",
    proves: "An owner renews its lease, and a successor takes it, by one step each.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const store = subject.store();
      const first = record("a", { parents: ["p"] as PartitionId[], wantedBy: "other" });
      const second = next(first, { parents: [], owner: undefined, wantedBy: undefined });
      await expectSet(true, store, undefined, first, context);
      await expectSet(true, store, 1, second, context);
      equal("the records", await list(subject.store(), context), [second]);
    },
  },
  {
    name: "a write at an earlier version is refused and changes nothing",
    proves: "A worker that did not see the last change cannot undo it.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const store = subject.store();
      const first = record("a");
      const second = next(first, { owner: "successor", token: 2 as FencingToken });
      await expectSet(true, store, undefined, first, context);
      await expectSet(true, store, 1, second, context);
      await expectSet(false, store, 1, next(first, { owner: "late" }), context);
      equal("the records", await list(subject.store(), context), [second]);
    },
  },
  {
    name: "a first write of a record that exists is refused",
    proves: "Two workers that discover a partition do not overwrite each other's claim.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const store = subject.store();
      await expectSet(true, store, undefined, record("a"), context);
      await expectSet(false, store, undefined, record("a", { owner: "late" }), context);
      equal("the records", await list(subject.store(), context), [record("a")]);
    },
  },
  {
    name: "a write at a version where there is no record is refused",
    proves: "A record that was removed is not brought back by its last owner's renewal.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      await expectSet(false, subject.store(), 3, record("a", { version: 4 }), context);
      equal("the records", await list(subject.store(), context), []);
    },
  },
  {
    name: "a write is listed at once, by every worker",
    proves: "Reads are strongly consistent: nobody decides on what was true before.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const [writer, reader] = [subject.store(), subject.store()];
      let current = record("a");
      await expectSet(true, writer, undefined, current, context);
      for (let n = 0; n < 20; n += 1) {
        const successor = next(current);
        await expectSet(true, writer, current.version, successor, context);
        equal(
          "the versions listed",
          (await list(reader, context)).map(({ version }) => version),
          [successor.version],
        );
        current = successor;
      }
    },
  },
  {
    name: "all records of a scope are listed, however many",
    proves: "No partition is missed because the store answers in pages.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const store = subject.store();
      const partitions = upTo(120).map((n) => `partition-${String(n).padStart(3, "0")}-${"x".repeat(200)}`);
      for (const partition of partitions) await expectSet(true, store, undefined, record(partition), context);
      equal(
        "the partitions listed",
        (await list(store, context)).map(({ partition }) => partition),
        partitions,
      );
    },
  },
  {
    name: "scopes are kept apart, whatever characters their names hold",
    proves: "Two consumers that share a store never share a lease: no joining of names makes two of them one.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const store = subject.store();
      const scopes = ["a", "a/b", "a:b", "A", "a#", "ä☃", "a b", 'a"', "a%2Fb"];
      for (const [n, of] of scopes.entries()) {
        const set = await store.compareAndSet(of, undefined, record("b/c", { durationMs: 1_000 + n }), context);
        equal(`whether the first record of ${of} was set`, set, true);
      }
      for (const [n, of] of scopes.entries()) {
        equal(`the records of ${of}`, await list(store, context, of), [record("b/c", { durationMs: 1_000 + n })]);
      }
    },
  },
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
    needs: [],
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
];
