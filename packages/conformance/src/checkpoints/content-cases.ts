import type { Checkpoint, CheckpointKey, PartitionId } from "@spillway/spec";
import { equal, holds, rejectsWith } from "../kit/check.ts";
import { upTo } from "../kit/facts.ts";
import type { CheckpointStoreSuite } from "./checkpoint-store-subject.ts";
import { after, expectKept, load, own, save, takeOver } from "./saving.ts";

const mostDone = 2_000;

/** What is kept of a checkpoint. */
export const contentCases: CheckpointStoreSuite["cases"] = [
  {
    name: "without a checkpoint, load resolves to undefined",
    proves: "A consumer that has never run is told so, and begins where its pipeline says.",
    guarantee: "G10",
    needs: [],
    async run(subject, context) {
      equal("the checkpoint", await load(subject.store(), subject.key(0), await takeOver(subject, context), context), undefined);
    },
  },
  {
    name: "a saved checkpoint is loaded as it was",
    proves: "A restart goes on exactly where the checkpoint says.",
    guarantee: "G10",
    needs: [],
    run: (subject, context) => expectKept([after(subject.position(3))], subject, context),
  },
  {
    name: "the last save counts",
    proves: "A checkpoint that moved on does not fall back.",
    guarantee: "G2",
    needs: [],
    async run(subject, context) {
      const { store, token } = await own(subject, context);
      for (const n of upTo(5)) await save(store, subject.key(0), after(subject.position(n)), token, context);
      equal("the checkpoint loaded", await load(subject.store(), subject.key(0), token, context), after(subject.position(4)));
    },
  },
  {
    name: "positions done beyond the watermark are kept, in their order",
    proves: "What finished out of order is not run again after a crash.",
    guarantee: "G10",
    needs: ["done"],
    run: (subject, context) =>
      expectKept(
        [
          after(
            subject.position(0),
            [2, 3, 7].map((n) => subject.position(n)),
          ),
        ],
        subject,
        context,
      ),
  },
  {
    name: "as many done positions as the store says are kept",
    proves: "maxDone is true: the engine fills it without a save being refused or cut.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const { maxDone } = subject.store();
      holds("maxDone is a whole number", Number.isInteger(maxDone) && maxDone >= 0, maxDone);
      const done = upTo(Math.min(maxDone, mostDone)).map((n) => subject.position(2 + n * 2));
      await expectKept([after(subject.position(0), done)], subject, context);
    },
  },
  {
    name: "done positions of an earlier save are gone after a later one",
    proves: "A checkpoint is replaced as a whole: nothing that must run is taken for done.",
    guarantee: "G2",
    needs: ["done"],
    run: (subject, context) =>
      expectKept([after(subject.position(0), [subject.position(2)]), after(subject.position(1))], subject, context),
  },
  {
    name: "every way to begin is kept",
    proves: "A consumer that has settled nothing yet begins after a restart where it first began.",
    guarantee: "G10",
    needs: ["starts"],
    run: (subject, context) =>
      expectKept(
        ([{ at: "earliest" }, { at: "latest" }, { at: "timestamp", timestampMs: 1_700_000_000_123 }] as const).map((from) => ({
          state: "reading",
          from,
          done: [],
          attempting: undefined,
        })),
        subject,
        context,
      ),
  },
  {
    name: "the message being attempted is kept with its crashes, and cleared",
    proves: "After a crash it is known which message killed the process, and how often.",
    guarantee: "G12",
    needs: ["attempting"],
    run: (subject, context) =>
      expectKept(
        [
          {
            state: "reading",
            from: { at: "after", position: subject.position(0) },
            done: [],
            attempting: { position: subject.position(1), crashes: 2 },
          },
          after(subject.position(1)),
        ],
        subject,
        context,
      ),
  },
  {
    name: "as many notes as the store says are kept, and replaced",
    proves: "What the engine wants to know after a restart beside positions (which keys are blocked, which children are done) is there.",
    guarantee: "G10",
    needs: [],
    async run(subject, context) {
      const { maxNotes = 0 } = subject.store();
      holds("maxNotes is a whole number", Number.isInteger(maxNotes) && maxNotes >= 0, maxNotes);
      const noted = (notes: readonly string[]): Checkpoint => ({ ...after(subject.position(0)), ...(notes.length === 0 ? {} : { notes }) });
      const full = upTo(Math.min(maxNotes, mostDone)).map((n) => `${n} "é" ${"x".repeat(1_000)}`);
      await expectKept([noted(full), noted(full.slice(0, 1)), noted([])], subject, context);
    },
  },
  {
    name: "finished is kept",
    proves: "A partition that was read to its end is not read again, and its children may start.",
    guarantee: "G11",
    needs: ["finished"],
    run: (subject, context) => expectKept([{ state: "finished" }], subject, context),
  },
  {
    name: "partitions are kept apart",
    proves: "No partition's checkpoint is taken for another's.",
    guarantee: "G2",
    needs: [],
    async run(subject, context) {
      const token = await takeOver(subject, context);
      const store = subject.store();
      for (const n of upTo(3)) await load(store, subject.key(n), token, context);
      for (const n of upTo(3)) await save(store, subject.key(n), after(subject.position(n)), token, context);
      for (const n of upTo(3)) {
        equal(`the checkpoint of partition ${n}`, await load(store, subject.key(n), token, context), after(subject.position(n)));
      }
    },
  },
  {
    name: "scopes are kept apart, whatever characters their names hold",
    proves: "Two consumers that share a store never share a checkpoint: no joining of names makes two of them one.",
    guarantee: "G2",
    needs: ["scopes"],
    async run(subject, context) {
      const token = await takeOver(subject, context);
      const store = subject.store();
      const keys = awkwardNames.map(([scope, partition]): CheckpointKey => ({ scope, partition: partition as PartitionId }));
      for (const key of keys) await load(store, key, token, context);
      for (const [n, key] of keys.entries()) await save(store, key, after(subject.position(n)), token, context);
      for (const [n, key] of keys.entries()) {
        equal(`the checkpoint of ${JSON.stringify(key)}`, await load(store, key, token, context), after(subject.position(n)));
      }
    },
  },
  {
    name: "a checkpoint that cannot be understood is refused, not taken for none",
    proves:
      "A damaged or foreign checkpoint stops the partition loudly: to begin at latest, or anywhere, because of it could lose messages.",
    guarantee: "G10",
    needs: ["corrupt"],
    async run(subject, context) {
      const { store, token } = await own(subject, context);
      await save(store, subject.key(0), after(subject.position(5)), token, context);
      await context.within("damaging the checkpoint", subject.corrupt(subject.key(0)));
      // Twice: a load that clears what it cannot understand would say "none" from then on.
      await rejectsWith("the first load", load(subject.store(), subject.key(0), token, context), "SPILLWAY_FORMAT");
      await rejectsWith("the second load", load(subject.store(), subject.key(0), token, context), "SPILLWAY_FORMAT");
    },
  },
  {
    name: "a damaged checkpoint harms no other partition's",
    proves: "One damaged entry holds one partition.",
    guarantee: "G4",
    needs: ["corrupt"],
    async run(subject, context) {
      const token = await takeOver(subject, context);
      const store = subject.store();
      for (const n of upTo(2)) await load(store, subject.key(n), token, context);
      for (const n of upTo(2)) await save(store, subject.key(n), after(subject.position(n)), token, context);
      await context.within("damaging the checkpoint", subject.corrupt(subject.key(0)));
      equal("the other checkpoint", await load(subject.store(), subject.key(1), token, context), after(subject.position(1)));
    },
  },
];

/** Pairs of scope and partition that a careless way of joining or escaping makes equal. */
const awkwardNames: readonly (readonly [string, string])[] = [
  ["a", "b"],
  ["a", "b/c"],
  ["a/b", "c"],
  ["a:b", "c"],
  ["a", "b:c"],
  ["a#b", "c"],
  ["a", "B"],
  ["A", "b"],
  ["ä", "…/../☃"],
  ["a%2Fb", "c"],
  ["a b", "c.d"],
];
