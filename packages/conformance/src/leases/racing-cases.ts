import type { LeaseRecord, LeaseStore } from "@spillway/spec";
import type { CaseContext } from "../kit/case-context.ts";
import { equal, holds } from "../kit/check.ts";
import { upTo } from "../kit/facts.ts";
import { expectSet, list, next, record, scope } from "./lease-records.ts";
import type { LeaseStoreSubject, LeaseStoreSuite } from "./lease-store-subject.ts";

const contenders = 20;

/** What becomes of writes that are under way at the same time. */
export const racingCases: LeaseStoreSuite["cases"] = [
  {
    name: "of first writes that race, one wins",
    proves: "A partition that many workers discover at once gets one owner.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const store = subject.store();
      await expectOneWinner(
        upTo(contenders).map(() => store),
        undefined,
        record("a"),
        subject,
        context,
      );
    },
  },
  {
    name: "of writes at one version that race, one wins",
    proves: "A lease that ran out is taken by one of those who saw it.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const store = subject.store();
      await expectSet(true, store, undefined, record("a"), context);
      await expectOneWinner(
        upTo(contenders).map(() => store),
        1,
        next(record("a")),
        subject,
        context,
      );
    },
  },
  {
    name: "of workers with a store each that race, one wins",
    proves: "The comparison is made where the record is, not in the process: it holds between processes.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      await expectSet(true, subject.store(), undefined, record("a"), context);
      await expectOneWinner(
        upTo(contenders).map(() => subject.store()),
        1,
        next(record("a")),
        subject,
        context,
      );
    },
  },
  {
    name: "of a removal and a renewal that race, one wins",
    proves: "A record is not removed from under an owner whose renewal was confirmed.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      for (const n of upTo(10)) {
        const first = record(`partition-${n}`);
        await expectSet(true, subject.store(), undefined, first, context);
        const [renewed, removed] = await context.within(
          "the race",
          Promise.all([
            subject.store().compareAndSet(scope, 1, next(first), context),
            subject.store().remove(scope, first.partition, 1, context),
          ]),
        );
        holds("one of the two won", renewed !== removed, { renewed, removed });
        const left = (await list(subject.store(), context)).filter(({ partition }) => partition === first.partition);
        equal("the records left", left, renewed ? [next(first)] : []);
      }
    },
  },
];

/** Lets all write at once, each under a name of its own, and fails the case unless one was told that it wrote, and that one's record is there. */
async function expectOneWinner(
  stores: readonly LeaseStore[],
  expectedVersion: number | undefined,
  written: LeaseRecord,
  subject: LeaseStoreSubject,
  context: CaseContext,
): Promise<void> {
  const claims = stores.map((_, n) => ({ ...written, owner: `worker ${n}` }));
  const answers = await context.within(
    "the race",
    Promise.all(stores.map((store, n) => store.compareAndSet(scope, expectedVersion, claims[n] ?? written, context))),
  );
  const winners = claims.filter((_, n) => answers[n]);
  equal("the number of winners", winners.length, 1);
  equal("the records", await list(subject.store(), context), winners);
}
