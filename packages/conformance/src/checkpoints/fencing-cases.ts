import { equal, rejectsWith, settled } from "../kit/check.ts";
import { upTo } from "../kit/facts.ts";
import type { CheckpointStoreSuite } from "./checkpoint-store-subject.ts";
import { after, expectLateSaveRefused, load, own, save, takeOver } from "./saving.ts";

/** Who may save: the newest owner, nobody else. */
export const fencingCases: CheckpointStoreSuite["cases"] = [
  {
    name: "an owner saves and loads as often as it likes",
    proves: "The fence holds back earlier owners only, not the one that raised it.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const token = await takeOver(subject, context);
      const store = subject.store();
      for (const n of upTo(3)) {
        await load(store, subject.key(0), token, context);
        await save(store, subject.key(0), after(subject.position(n)), token, context);
      }
      equal("the checkpoint", await load(store, subject.key(0), token, context), after(subject.position(2)));
    },
  },
  {
    name: "a new owner is given what the last one saved",
    proves: "A partition goes from process to process without a gap and without going back.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const { store, token: before } = await own(subject, context);
      await save(store, subject.key(0), after(subject.position(4)), before, context);
      const token = await takeOver(subject, context);
      equal("the checkpoint", await load(subject.store(), subject.key(0), token, context), after(subject.position(4)));
    },
  },
  {
    name: "a save under an earlier token is refused and changes nothing",
    proves: "A late write of a process that lost its partition cannot move the checkpoint of the one that has it, back or forth.",
    guarantee: "G8",
    needs: ["fencing"],
    async run(subject, context) {
      const { store: late, token: stale } = await own(subject, context);
      const { store, token } = await own(subject, context);
      await save(store, subject.key(0), after(subject.position(2)), token, context);
      await expectLateSaveRefused(late, subject, stale, context);
      equal("the checkpoint", await load(store, subject.key(0), token, context), after(subject.position(2)));
    },
  },
  {
    name: "a load alone fences out the earlier owner",
    proves: "From the moment a successor knows where it begins, its predecessor cannot change that any more.",
    guarantee: "G8",
    needs: ["fencing"],
    async run(subject, context) {
      const { store: late, token: stale } = await own(subject, context);
      await save(late, subject.key(0), after(subject.position(1)), stale, context);
      const token = await takeOver(subject, context);
      await load(subject.store(), subject.key(0), token, context);
      await expectLateSaveRefused(late, subject, stale, context);
      equal("the checkpoint", await load(subject.store(), subject.key(0), token, context), after(subject.position(1)));
    },
  },
  {
    name: "a load of nothing fences out the earlier owner too",
    proves: "The fence stands also where no checkpoint has been saved: a predecessor's first save comes too late.",
    guarantee: "G8",
    needs: ["fencing"],
    async run(subject, context) {
      const stale = await takeOver(subject, context);
      const token = await takeOver(subject, context);
      await load(subject.store(), subject.key(0), token, context);
      await expectLateSaveRefused(subject.store(), subject, stale, context);
      equal("the checkpoint", await load(subject.store(), subject.key(0), token, context), undefined);
    },
  },
  {
    name: "a load under an earlier token is refused and does not lower the fence",
    proves: "A process that lost its partition learns it, instead of beginning to read it again.",
    guarantee: "G8",
    needs: ["fencing"],
    async run(subject, context) {
      const stale = await takeOver(subject, context);
      const { store } = await own(subject, context);
      await rejectsWith("the late load", load(subject.store(), subject.key(0), stale, context), "SPILLWAY_LEASE_LOST");
      await expectLateSaveRefused(store, subject, stale, context);
    },
  },
  {
    name: "the fence of one partition is no other's",
    proves: "Losing one partition does not cost a process the others it owns.",
    guarantee: "G8",
    needs: ["fencing", "scopes"],
    async run(subject, context) {
      const { store, token: owner } = await own(subject, context);
      await load(store, subject.key(1), owner, context);
      const successor = await takeOver(subject, context);
      await load(subject.store(), subject.key(0), successor, context);
      await save(store, subject.key(1), after(subject.position(3)), owner, context);
      equal("the other partition's checkpoint", await load(store, subject.key(1), owner, context), after(subject.position(3)));
    },
  },
  {
    name: "of saves that race over a takeover, no stale one is left",
    proves: "The check of the token and the write are one step: there is no moment in which a late save slips through.",
    guarantee: "G8",
    needs: ["fencing"],
    async run(subject, context) {
      const { store: late, token: stale } = await own(subject, context);
      const token = await takeOver(subject, context);
      const store = subject.store();
      const lateSaves = upTo(20).map((n) => settled(save(late, subject.key(0), after(subject.position(100 + n)), stale, context)));
      const loaded = await load(store, subject.key(0), token, context);
      await Promise.all(lateSaves);
      equal("what the successor finds once the late saves have ended", await load(store, subject.key(0), token, context), loaded);
    },
  },
  {
    name: "a saved checkpoint and its fence are there after a crash",
    proves: "A save that was confirmed is durable, and a restart of the store does not let an earlier owner back in.",
    guarantee: "G10",
    needs: ["fencing", "reopen"],
    async run(subject, context) {
      const stale = await takeOver(subject, context);
      const { store, token } = await own(subject, context);
      await save(store, subject.key(0), after(subject.position(6)), token, context);
      await context.within("reopening", subject.reopen());
      await expectLateSaveRefused(subject.store(), subject, stale, context);
      equal("the checkpoint", await load(subject.store(), subject.key(0), token, context), after(subject.position(6)));
    },
  },
  {
    name: "a fence raised by a load is there after a crash",
    proves: "The successor's first step is durable: a crash right after it does not reopen the door to its predecessor.",
    guarantee: "G8",
    needs: ["fencing", "reopen"],
    async run(subject, context) {
      const stale = await takeOver(subject, context);
      const token = await takeOver(subject, context);
      await load(subject.store(), subject.key(0), token, context);
      await context.within("reopening", subject.reopen());
      await expectLateSaveRefused(subject.store(), subject, stale, context);
    },
  },
];
