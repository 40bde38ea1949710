import { SpillwayError, type CallOptions } from "@spillway/spec";
import { pause } from "./abortable.ts";
import { KafkaError } from "./kafka-error.ts";
import type { KafkaPort, TopicMetadata, TopicPartition } from "./kafka-port.ts";

/** Which topics and partitions there are, and who leads them, as the cluster last said. */
export interface TopicDirectory {
  /** Asks the cluster; calls at the same time share one question. */
  refresh(options: CallOptions): Promise<void>;
  /**
   * Resolves when the cluster has been reached once and every topic that is named is there. Fatal when a named topic is missing, or when no broker
   * has ever answered for so long that the addresses must be wrong.
   */
  start(options: CallOptions): Promise<void>;
  /** The topics that are read: named, or matched by a pattern. One that is missing has the partitions that it had. */
  topics(): readonly TopicMetadata[];
  /** The id of the topic that has this name now; undefined: not known. */
  id(topic: string): string | undefined;
  /** Why a topic cannot be read now; undefined when it can. */
  problem(topic: string): KafkaError | undefined;
  /** The broker that leads a partition; undefined: none, or not known. */
  leader(partition: TopicPartition): number | undefined;
}

/** What the directory is asked about, and its patience. */
export interface DirectoryOptions {
  readonly topics: readonly (string | RegExp)[];
  /** How long no broker may answer at the very start before that is fatal. */
  readonly startTimeoutMs: number;
}

// A topic that was just created is known to every broker after some milliseconds.
const missingTopicMs = 5_000;

/** Keeps what a cluster says about topics. */
export function topicDirectory(port: KafkaPort, { topics: wanted, startTimeoutMs }: DirectoryOptions): TopicDirectory {
  const names = wanted.filter((topic) => typeof topic === "string");
  const patterns = wanted.filter((topic) => typeof topic !== "string");
  let found: readonly TopicMetadata[] = [];
  let leaders = new Map<string, readonly (number | undefined)[]>();
  let ids = new Map<string, string | undefined>();
  let underWay: Promise<void> | undefined;
  let started: Promise<void> | undefined;

  async function ask(): Promise<void> {
    // Bounded by the client's own request timeout: whoever waits may leave earlier.
    const all = await port.metadata(patterns.length > 0 ? undefined : names, { signal: new AbortController().signal });
    const matched = all.filter(
      ({ topic, isInternal, error }) => !isInternal && error === undefined && patterns.some((one) => matches(one, topic)),
    );
    const named = names.map((name) =>
      namedTopic(
        name,
        all.find(({ topic }) => topic === name),
        found.find(({ topic }) => topic === name),
      ),
    );
    found = [...named, ...matched.filter(({ topic }) => !names.includes(topic))];
    leaders = new Map(found.map(({ topic, partitions }) => [topic, leadersOf(partitions)]));
    ids = new Map(found.map(({ topic, id }) => [topic, id]));
  }

  function refresh({ signal }: CallOptions): Promise<void> {
    // Not begun for somebody who does not wait for it: nobody would hear of its failure, and that ends a process.
    if (signal.aborted) return Promise.reject(signal.reason);
    underWay ??= ask().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  async function firstContact(options: CallOptions): Promise<void> {
    const beganMs = performance.now();
    for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 1_000)) {
      const elapsedMs = performance.now() - beganMs;
      const problem = await refresh(options).then(missing, asError);
      if (problem === undefined) return;
      options.signal.throwIfAborted();
      const limitMs = problem.code === "SPILLWAY_KAFKA_TOPIC_MISSING" ? missingTopicMs : startTimeoutMs;
      if (!problem.retryable || elapsedMs > limitMs) throw fatal(problem, elapsedMs);
      await pause(waitMs, options);
    }
  }

  function missing(): SpillwayError | undefined {
    return found.find(({ error }) => error !== undefined)?.error;
  }

  return {
    refresh,
    start(options) {
      started ??= firstContact(options).catch((error: unknown) => {
        started = undefined;
        throw error;
      });
      return started;
    },
    topics: () => found,
    id: (topic) => ids.get(topic),
    problem: (name) => found.find(({ topic }) => topic === name)?.error,
    leader: ({ topic, partition }) => leaders.get(topic)?.[partition],
  };
}

/** A topic that has gone keeps its partitions, without leaders: so whoever reads them hears of it, and not just of nothing more. */
function namedTopic(topic: string, now: TopicMetadata | undefined, before: TopicMetadata | undefined): TopicMetadata {
  if (now !== undefined && now.error === undefined) return now;
  const partitions = (before?.partitions ?? []).map(({ partition }) => ({ partition, leader: -1 }));
  return { topic, id: undefined, isInternal: false, error: now?.error ?? topicMissing(topic), partitions };
}

/** A topic that the cluster does not have. */
function topicMissing(topic: string): KafkaError {
  return new KafkaError(`There is no topic "${topic}". Create it, or correct its name.`, {
    type: "UNKNOWN_TOPIC_OR_PARTITION",
    code: "SPILLWAY_KAFKA_TOPIC_MISSING",
    failureClass: "transient",
  });
}

function fatal(problem: SpillwayError, elapsedMs: number): KafkaError {
  const type = problem instanceof KafkaError ? problem.type : "UNKNOWN";
  const seconds = Math.round(elapsedMs / 1_000);
  const advice =
    problem.code === "SPILLWAY_KAFKA_UNREACHABLE"
      ? ` No broker has ever answered in ${seconds} s: check the client's broker addresses, and its ssl option (a TLS port hangs up on plain text).`
      : "";
  return new KafkaError(`${problem.message}${advice}`, { type, code: problem.code, failureClass: "fatal", cause: problem });
}

function asError(error: unknown): SpillwayError {
  if (error instanceof SpillwayError) return error;
  return new KafkaError(`The cluster could not be asked for its topics: ${String(error)}. It is tried again.`, {
    type: "UNKNOWN",
    code: "SPILLWAY_KAFKA_UNREACHABLE",
    failureClass: "transient",
    cause: error,
  });
}

function leadersOf(partitions: TopicMetadata["partitions"]): readonly (number | undefined)[] {
  const leaders: (number | undefined)[] = [];
  for (const { partition, leader } of partitions) leaders[partition] = leader < 0 ? undefined : leader;
  return leaders;
}

/** A pattern with the g or y flag remembers where its last match ended. */
function matches(pattern: RegExp, topic: string): boolean {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).test(topic);
}
