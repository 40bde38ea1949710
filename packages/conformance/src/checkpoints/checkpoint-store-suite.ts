import { equal } from "../kit/check.ts";
import type { CheckpointStoreSuite } from "./checkpoint-store-subject.ts";

/** What every checkpoint store must do. */
export const checkpointStoreSuite: CheckpointStoreSuite = {
  name: "checkpoint store",
  cases: [
    {
      name: "without a checkpoint, load resolves to undefined",
      proves: "A consumer that has never run is told so, and begins where its pipeline says.",
      guarantee: "G10",
      needs: [],
      async run(subject, context) {
        const token = await context.within("taking over", subject.takeOver());
        equal("the checkpoint", await context.within("the load", subject.store().load(subject.key(0), token, context)), undefined);
      },
    },
  ],
};
