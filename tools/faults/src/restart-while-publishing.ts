import { readWholeTopic, restartInTurn, type KafkaCluster } from "@spillway-tools/servers";
import { countOutcome, type Outcome } from "./count-outcome.ts";
import type { NamedMessage, OpenPublisher, Publisher } from "./publisher.ts";
import { topicOfRun } from "./topic-of-run.ts";

/** Messages of one batch, each with a key of its own: enough for all partitions. */
const batchSize = 60;

/**
 * Publishes batch after batch, each when the one before is answered, while the cluster's nodes are restarted in turn; then reads the topic and counts.
 * Every publisher is given the same messages in the same order; a faster one comes further.
 */
export async function restartWhilePublishing(
  cluster: KafkaCluster,
  publisher: Publisher,
  say: (step: string) => void = () => undefined,
): Promise<Outcome> {
  const topic = await topicOfRun(cluster.endpoint);
  const open = await publisher.open(cluster.endpoint, topic);
  const acknowledged = new Set<string>();
  const restarted = new AbortController();
  const restarting = restartInTurn(cluster, { onStopped: ({ id }) => say(`node ${id} has stopped and is started again`) });
  try {
    await Promise.all([publishUntil(restarted.signal, open, acknowledged), restarting.finally(() => restarted.abort())]);
  } finally {
    await open.close();
  }
  say("the topic is read");
  return countOutcome(acknowledged, await readWholeTopic(cluster.endpoint, topic));
}

async function publishUntil(ended: AbortSignal, { publish }: OpenPublisher, acknowledged: Set<string>): Promise<void> {
  for (let batch = 0; !ended.aborted; batch += 1) {
    for (const { value } of await publish(namedMessages(batch))) acknowledged.add(value);
  }
}

function namedMessages(batch: number): readonly NamedMessage[] {
  return Array.from({ length: batchSize }, (_, index) => ({ key: `k${index}`, value: `${batch}.${index}` }));
}
