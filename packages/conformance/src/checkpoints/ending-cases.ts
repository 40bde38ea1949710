import { equal, settled } from "../kit/check.ts";
import { ownSignal } from "../kit/listeners.ts";
import { expectAbortEnds } from "../kit/under-way.ts";
import type { CheckpointStoreSuite } from "./checkpoint-store-subject.ts";
import { after, takeOver } from "./saving.ts";

/** How calls are ended, and what is left of them. */
export const endingCases: CheckpointStoreSuite["cases"] = [
  {
    name: "calls whose signal is aborted already reject",
    proves: "A stop does not wait for a store, and a checkpoint that was not saved is not taken for saved.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const token = await takeOver(subject, context);
      const own = ownSignal();
      own.abort();
      const store = subject.store();
      const loaded = await context.within("the end of the load", settled(store.load(subject.key(0), token, own)));
      equal("how the load ended", loaded.state, "rejected");
      const saved = await context.within(
        "the end of the save",
        settled(store.save(subject.key(0), after(subject.position(0)), token, own)),
      );
      equal("how the save ended", saved.state, "rejected");
    },
  },
  {
    name: "calls that have answered leave no listener on their signal",
    proves: "A signal that lives as long as the pipeline does not gather the remains of every save.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const token = await takeOver(subject, context);
      const own = ownSignal();
      const store = subject.store();
      await context.within("the load", store.load(subject.key(0), token, own));
      await context.within("the save", store.save(subject.key(0), after(subject.position(0)), token, own));
      own.expectNoListeners("the listeners left by load and save");
    },
  },
  {
    name: "an abort ends a load and a save that are under way",
    proves:
      "A stop or a lost lease is not held up by a store that has not answered, and a checkpoint that may not be saved is not taken for saved.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const token = await takeOver(subject, context);
      const store = subject.store();
      await expectAbortEnds("the load", (options) => store.load(subject.key(0), token, options), context);
      await expectAbortEnds("the save", (options) => store.save(subject.key(0), after(subject.position(0)), token, options), context);
    },
  },
];
