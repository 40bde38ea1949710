import { startKafka, whyNot } from "@spillway-tools/servers";
import { describe, expect, test } from "vitest";
import { restartWhilePublishing } from "./restart-while-publishing.ts";
import { sinkPublisher } from "./sink-publisher.ts";

const skip = await whyNot("kafka");

describe.skipIf(skip !== undefined)("a sink on three brokers", () => {
  test("T1 T26: a rolling restart while publishing loses nothing and stores nothing twice", { timeout: 120_000 }, async () => {
    const cluster = await startKafka({ nodes: 3, heapMb: 160 });
    try {
      const { acknowledged, lost, duplicates } = await restartWhilePublishing(cluster, sinkPublisher);
      expect({ lost, duplicates }).toEqual({ lost: 0, duplicates: 0 });
      expect(acknowledged).toBeGreaterThan(1_000);
    } finally {
      await cluster.stop();
    }
  });
});
