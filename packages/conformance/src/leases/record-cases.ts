import type { FencingToken, PartitionId } from "@spillway/spec";
import { equal } from "../kit/check.ts";
import { upTo } from "../kit/facts.ts";
import { expectSet, list, next, record } from "./lease-records.ts";
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
    needs: ["scopes"],
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
];
