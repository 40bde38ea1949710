import { startKafka } from "@spillway-tools/servers";
import { kafkajsPublisher } from "./kafkajs-publisher.ts";
import type { PublisherRun } from "./outcome-table.ts";
import { restartWhilePublishing } from "./restart-while-publishing.ts";
import { sinkPublisher } from "./sink-publisher.ts";

const publishers = [
  kafkajsPublisher("kafkajs", { idempotent: false }),
  kafkajsPublisher("kafkajs, idempotent", { idempotent: true }),
  sinkPublisher,
];

/** Publishes through rolling restarts of three nodes, with each publisher in turn, and resolves to what became of the messages of each run. */
export async function demonstration(runs: number, say: (line: string) => void): Promise<readonly PublisherRun[]> {
  say("Three Kafka nodes are started …");
  const cluster = await startKafka({ nodes: 3, heapMb: 160 });
  try {
    const done: PublisherRun[] = [];
    for (let run = 1; run <= runs; run += 1) {
      for (const publisher of publishers) {
        const { name, isOurs } = publisher;
        const title = runs === 1 ? name : `${name}, run ${run} of ${runs}`;
        const outcome = await restartWhilePublishing(cluster, publisher, (step) => say(`  ${title}: ${step}`));
        done.push({ name, isOurs, run, outcome });
      }
    }
    return done;
  } finally {
    await cluster.stop();
  }
}
