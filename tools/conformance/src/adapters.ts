import { serversFor } from "@spillway-tools/servers";
import { checkpointStoreSuite, leaseStoreSuite, logSourceSuite, queueSourceSuite, sinkSuite, type BoundSuite } from "@spillway/conformance";
import { boundTo, loadHarnesses } from "./harnesses.ts";

type ServerName = Parameters<typeof serversFor>[0];

/** An adapter that the scorecard knows. */
export interface RegisteredAdapter {
  /** The folder's name under packages/. */
  readonly name: string;
  /** The server that it needs; undefined when it needs none. */
  readonly server: ServerName | undefined;
  /** How many of its cases may run at once: more than 1 where they wait for a server. */
  readonly concurrency: number;
  /** A suite, and the name under which the package's conformance-harness module exports the harness for it. */
  readonly subjects: readonly ReturnType<typeof boundTo>[];
}

/** Every adapter of the scorecard, in the order of its columns: a new one is a new entry, and no more. */
export const adapters: readonly RegisteredAdapter[] = [
  {
    name: "memory",
    server: undefined,
    concurrency: 1,
    subjects: [
      boundTo(logSourceSuite, "memoryLogHarness"),
      boundTo(queueSourceSuite, "memoryQueueHarness"),
      boundTo(queueSourceSuite, "memoryFifoHarness"),
      boundTo(sinkSuite, "memoryLogSinkHarness"),
      boundTo(sinkSuite, "memoryQueueSinkHarness"),
      boundTo(sinkSuite, "memorySinkHarness"),
      boundTo(checkpointStoreSuite, "memoryCheckpointsHarness"),
      boundTo(leaseStoreSuite, "memoryLeasesHarness"),
    ],
  },
  {
    name: "local",
    server: undefined,
    concurrency: 2,
    subjects: [
      boundTo(logSourceSuite, "localLogHarness"),
      boundTo(queueSourceSuite, "localQueueHarness"),
      boundTo(queueSourceSuite, "localFifoHarness"),
      boundTo(sinkSuite, "localSinkHarness"),
      boundTo(sinkSuite, "localQueueSinkHarness"),
      boundTo(checkpointStoreSuite, "localCheckpointsHarness"),
      boundTo(leaseStoreSuite, "localLeasesHarness"),
    ],
  },
  {
    name: "kafka",
    server: "kafka",
    concurrency: 8,
    subjects: [
      boundTo(logSourceSuite, "kafkaSourceHarness"),
      boundTo(sinkSuite, "kafkaSinkHarness"),
      boundTo(checkpointStoreSuite, "kafkaCheckpointsHarness"),
    ],
  },
];

/** Starts what the adapter needs. Resolves to its suites, or to the reason why they cannot be run here. */
export async function openAdapter({
  name,
  server,
  subjects,
}: RegisteredAdapter): Promise<readonly BoundSuite[] | { readonly why: string }> {
  if (server === undefined) {
    const module = await loadHarnesses(name);
    return subjects.map((bind) => bind(module));
  }
  const running = await serversFor(server);
  if (running.skip !== undefined) return { why: running.skip };
  const module = await loadHarnesses(name);
  return subjects.map((bind) => bind(module, running.endpoint));
}
