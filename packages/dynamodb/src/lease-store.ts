import { randomUUID } from "node:crypto";
import { hasCode, type LeaseStore } from "@spillway/spec";
import { textOf, wholeNumberOf } from "./attributes.ts";
import { isNamed } from "./dynamodb-error.ts";
import type { LeaseItems } from "./lease-items.ts";

/** Keeps lease records in DynamoDB, in the layout of these items: what the calls promise, whatever became of their answers. */
export function leaseStore({ items }: { readonly items: LeaseItems }): LeaseStore {
  return {
    list: (scope, { signal }) => items.list(scope, signal),

    async compareAndSet(scope, expectedVersion, next, { signal }) {
      // Names this write, so that it is recognised when its answer is lost and the SDK sends it again.
      const writeId = randomUUID();
      try {
        await items.put(scope, expectedVersion, next, writeId, signal);
        return true;
      } catch (error) {
        const refused = isNamed(error, "ConditionalCheckFailedException");
        if (!refused && !hasCode(error, "SPILLWAY_DYNAMODB_FAILED")) throw error;
        const item = await items.read(scope, next.partition, signal);
        if (item !== undefined && textOf(item, "writeId") === writeId) return true;
        const version = item && wholeNumberOf(item, "version");
        // Still what was expected, and no answer: the write may yet arrive.
        if (!refused && version === expectedVersion) throw error;
        return false;
      }
    },

    async remove(scope, partition, expectedVersion, { signal }) {
      try {
        await items.remove(scope, partition, expectedVersion, signal);
        return true;
      } catch (error) {
        if (isNamed(error, "ConditionalCheckFailedException")) return false;
        throw error;
      }
    },
  };
}
