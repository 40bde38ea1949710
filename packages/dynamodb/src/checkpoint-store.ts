import { randomUUID } from "node:crypto";
import { SpillwayError, type CheckpointKey, type CheckpointStore, type FencingToken } from "@spillway/spec";
import { itemFormat, wholeNumberOf } from "./attributes.ts";
import { checkpointOf, checkpointToAttributes, maxNotes } from "./checkpoint-item.ts";
import type { CheckpointItems, CheckpointWrite } from "./checkpoint-items.ts";
import { isNamed } from "./dynamodb-error.ts";

/** Keeps checkpoints in DynamoDB, in the layout of these items: what the calls promise, whatever became of their answers. */
export function checkpointStore({ items, maxDone }: { readonly items: CheckpointItems; readonly maxDone: number }): CheckpointStore {
  const writer = randomUUID();
  let writes = 0;

  return {
    maxDone,
    maxNotes,

    async load(key, token, { signal }) {
      try {
        const attributes = await items.raiseFence(key, token, signal);
        return attributes && checkpointOf(attributes);
      } catch (error) {
        if (isNamed(error, "ConditionalCheckFailedException")) throw leaseLost(key, token, error);
        throw error;
      }
    },

    async save(key, checkpoint, token, { signal }) {
      writes += 1;
      const attributes = { ...checkpointToAttributes(checkpoint, maxDone), format: { N: String(itemFormat) } };
      const write = { checkpoint, attributes, token, writer, number: writes };
      try {
        await items.put(key, write, signal);
      } catch (error) {
        if (!isNamed(error, "ConditionalCheckFailedException")) throw error;
        if (!(await isOurs(key, write, signal, error))) throw leaseLost(key, token, error);
      }
    },
  };

  /** Whether a refused save had been stored all the same: its answer was lost and the SDK sent it again. */
  async function isOurs(key: CheckpointKey, write: CheckpointWrite, signal: AbortSignal, cause: unknown): Promise<boolean> {
    const item = await items.read(key, signal);
    if (item === undefined || wholeNumberOf(item, "fence") > write.token) return false;
    if (item.writer?.S === writer && wholeNumberOf(item, "writes") >= write.number) return true;
    throw new SpillwayError(`The checkpoint of ${key.partition} changed while it was saved. It is saved again.`, {
      code: "SPILLWAY_DYNAMODB_FAILED",
      cause,
    });
  }
}

function leaseLost(key: CheckpointKey, token: FencingToken, cause: unknown): SpillwayError {
  return new SpillwayError(
    `Partition ${key.partition} of ${key.scope} has a newer owner than token ${token}: nothing was saved. This is normal after a lease was lost.`,
    { code: "SPILLWAY_LEASE_LOST", cause },
  );
}
