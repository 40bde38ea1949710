import { equal } from "../kit/check.ts";
import type { LeaseStoreSuite } from "./lease-store-subject.ts";

/** What every lease store must do. */
export const leaseStoreSuite: LeaseStoreSuite = {
  name: "lease store",
  cases: [
    {
      name: "a scope that nobody has written to has no records",
      proves: "The first worker of a consumer sees that it is the first.",
      guarantee: "G8",
      needs: [],
      async run(subject, context) {
        equal("the records", await context.within("the list", subject.store().list("scope", context)), []);
      },
    },
  ],
};
