import type { Checkpoint, CheckpointKey, CheckpointStore, FencingToken, Position } from "@spillway/spec";
import type { CaseContext } from "../kit/case-context.ts";
import { equal, rejectsWith } from "../kit/check.ts";
import type { CheckpointStoreSubject } from "./checkpoint-store-subject.ts";

/** A checkpoint that reads on after this position. */
export function after(position: Position, done: readonly Position[] = []): Checkpoint {
  return { state: "reading", from: { at: "after", position }, done, attempting: undefined };
}

/** Loads, within the case's deadline. */
export function load(
  store: CheckpointStore,
  key: CheckpointKey,
  token: FencingToken,
  context: CaseContext,
): Promise<Checkpoint | undefined> {
  return context.within("the load", store.load(key, token, context));
}

/** Saves, within the case's deadline. */
export function save(
  store: CheckpointStore,
  key: CheckpointKey,
  checkpoint: Checkpoint,
  token: FencingToken,
  context: CaseContext,
): Promise<void> {
  return context.within("the save", store.save(key, checkpoint, token, context));
}

/** Becomes the owner: a token higher than all before. */
export function takeOver(subject: CheckpointStoreSubject, context: CaseContext): Promise<FencingToken> {
  return context.within("taking over", subject.takeOver());
}

/** Becomes the owner of the first partition as the engine does: with a new token and a load. */
export async function own(
  subject: CheckpointStoreSubject,
  context: CaseContext,
): Promise<{ readonly store: CheckpointStore; readonly token: FencingToken }> {
  const token = await takeOver(subject, context);
  const store = subject.store();
  await load(store, subject.key(0), token, context);
  return { store, token };
}

/** Fails the case unless an earlier owner's save of the first partition is refused. */
export function expectLateSaveRefused(
  store: CheckpointStore,
  subject: CheckpointStoreSubject,
  stale: FencingToken,
  context: CaseContext,
): Promise<void> {
  return rejectsWith("the late save", save(store, subject.key(0), after(subject.position(9)), stale, context), "SPILLWAY_LEASE_LOST");
}

/** Saves each checkpoint in turn and fails the case unless another store over the same place loads it as it was. */
export async function expectKept(checkpoints: readonly Checkpoint[], subject: CheckpointStoreSubject, context: CaseContext): Promise<void> {
  const { store, token } = await own(subject, context);
  for (const checkpoint of checkpoints) {
    await save(store, subject.key(0), checkpoint, token, context);
    equal("the checkpoint loaded", await load(subject.store(), subject.key(0), token, context), checkpoint);
  }
}
