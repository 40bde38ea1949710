import { serversFor } from "@spillway-tools/servers";
import type { FencingToken, PartitionId, Position } from "@spillway/spec";
import { expect, test } from "vitest";
import { openTestTable } from "./testing/test-table.ts";

const dynamoDbLocal = await serversFor("dynamodb");

// dynalite counts characters, not bytes.
test.skipIf(dynamoDbLocal.skip !== undefined)("positions and notes at their bounds fit into one item", { timeout: 20_000 }, async () => {
  const place = openTestTable(dynamoDbLocal.endpoint);
  const { checkpoints: store } = place.stores(1_000);
  const key = { scope: "consumer", partition: "shard" as PartitionId };
  const done = Array.from({ length: 1_000 }, (_, index) => String(index).padStart(1_000, "0") as Position);
  const notes = Array.from({ length: store.maxNotes ?? 0 }, (_, index) => String(index).padStart(1_024, "€"));
  const { signal } = new AbortController();
  const from = { at: "after", position: "10" as Position } as const;
  await store.save(key, { state: "reading", from, done, attempting: undefined, notes }, 1 as FencingToken, { signal });
  const loaded = await store.load(key, 1 as FencingToken, { signal });
  expect(loaded).toMatchObject({ notes });
  expect(loaded?.state === "reading" && loaded.done.length).toBeGreaterThan(200);
  await place.close();
});
