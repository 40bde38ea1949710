import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Kafka, logLevel } from "kafkajs";
import { jars } from "./jars.ts";
import { kafkaProperties, log4jConfiguration, type KafkaNodePorts } from "./kafka-properties.ts";
import { freePorts } from "./ports.ts";
import { ready } from "./ready.ts";
import type { RunningServer } from "./running-server.ts";
import { serverFolder, type FolderOptions, type ServerProcess } from "./server-folder.ts";
import { tcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** How a cluster is made. */
export interface KafkaOptions extends FolderOptions {
  /** Default: 1. */
  readonly nodes?: 1 | 3;
  /** Whether clients reach each node through a proxy of its own, which can break things. Default: false. */
  readonly proxied?: boolean;
  /** Whether compacted topics are really compacted. Default: false, which needs less memory. */
  readonly compaction?: boolean;
  /** Each node's heap in MB. Default: 256 (384 with compaction). */
  readonly heapMb?: number;
  /** Further broker properties. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** One broker of a cluster. */
export interface KafkaNode {
  readonly id: number;
  /** "host:port" for clients; the proxy's where there is one. */
  readonly endpoint: string;
  /** The proxy in front of it; undefined unless the cluster is proxied. */
  readonly proxy: TcpProxy | undefined;
  /** Ends the process: SIGKILL is a crash, SIGTERM a controlled shutdown. Resolves when it is gone. */
  kill(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Stops the process where it is, without an end, until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** Starts a killed node on its old data and ports. Resolves when all nodes that should run are members again and lead what they led. */
  start(): Promise<void>;
}

/** Kafka, running. */
export interface KafkaCluster extends RunningServer {
  readonly nodes: readonly KafkaNode[];
}

/** Starts Apache Kafka 4.1.0 (KRaft); resolves when it has coordinators and answers groups and metadata. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const count = options.nodes ?? 1;
  const lib = join(await jars("kafka"), "*");
  const ports = await freePorts(count * 3);
  const at = (index: number): number => ports[index] ?? 0;
  const proxies = options.proxied === true ? await Promise.all(range(count, (n) => tcpProxy({ port: at(3 * n) }))) : [];
  const nodePorts: readonly KafkaNodePorts[] = range(count, (n) => ({
    client: at(3 * n),
    internal: at(3 * n + 1),
    controller: at(3 * n + 2),
    advertised: proxies[n]?.port ?? at(3 * n),
  }));
  const folder = await serverFolder("kafka", options);
  const compaction = options.compaction ?? false;
  const heapMb = options.heapMb ?? (compaction ? 384 : 256);
  const processes: (ServerProcess | undefined)[] = [];

  const stop = async (): Promise<void> => {
    await Promise.all([folder.remove(), ...proxies.map((proxy) => proxy.close())]);
  };
  const launch = (id: number): ServerProcess => {
    const jvm = [
      `-Xmx${heapMb}m`,
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      `-Dlog4j2.configurationFile=${join(folder.path, "log4j2.yaml")}`,
    ];
    const started = folder.start(`node-${id}`, "java", ["-cp", lib, ...jvm, "kafka.Kafka", join(folder.path, `node-${id}.properties`)]);
    processes[id - 1] = started;
    return started;
  };
  // The brokers' own listener: it needs no password and no proxy, whatever clients are given.
  const internal = nodePorts.map((node) => `127.0.0.1:${node.internal}`);
  const allReady = async (): Promise<void> => {
    const running = processes.filter((one) => one !== undefined && !one.isGone());
    const [first] = running;
    if (first !== undefined) await ready("kafka", first, () => isReady(internal, running.length), 90_000);
  };
  const node = (id: number): KafkaNode => ({
    id,
    endpoint: `127.0.0.1:${nodePorts[id - 1]?.advertised ?? 0}`,
    proxy: proxies[id - 1],
    async kill(signal) {
      processes[id - 1]?.signal(signal);
      await processes[id - 1]?.gone;
    },
    freeze: () => processes[id - 1]?.signal("SIGSTOP"),
    thaw: () => processes[id - 1]?.signal("SIGCONT"),
    async start() {
      if (processes[id - 1]?.isGone() !== true) throw new Error(`Kafka node ${id} still runs: kill it before it is started again.`);
      launch(id);
      await allReady();
    },
  });

  try {
    await writeFile(join(folder.path, "log4j2.yaml"), log4jConfiguration);
    const settings = { compaction, properties: options.properties ?? {} };
    const clusterId = uuid();
    const controllers = nodePorts.map((one, n) => `${n + 1}@127.0.0.1:${one.controller}:${uuid()}`).join(",");
    await Promise.all(
      range(count, async (n) => {
        const file = join(folder.path, `node-${n + 1}.properties`);
        await writeFile(file, kafkaProperties(n + 1, nodePorts, join(folder.path, `data-${n + 1}`), settings));
        const quorum = count === 1 ? ["--standalone"] : ["--initial-controllers", controllers];
        const format = ["kafka.tools.StorageTool", "format", "-t", clusterId, "-c", file, ...quorum];
        await promisify(execFile)("java", ["-cp", lib, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", ...format], { timeout: 60_000 });
      }),
    );
    const nodes = range(count, (n) => node(n + 1));
    for (const one of nodes) launch(one.id);
    await allReady();
    return { endpoint: nodes.map((one) => one.endpoint).join(","), folder: folder.path, nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whether all brokers are members, every partition has a leader, and groups can be coordinated: what a client needs at once. */
async function isReady(brokers: readonly string[], count: number): Promise<boolean> {
  const admin = new Kafka({
    clientId: "spillway-servers",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    if ((await admin.describeCluster()).brokers.length < count) return false;
    const { groups } = await admin.describeGroups(["spillway-warm"]);
    const { topics } = await admin.fetchTopicMetadata();
    return groups.length === 1 && topics.every((topic) => topic.partitions.every((partition) => partition.leader >= 0));
  } catch {
    return false; // not listening, not elected or still loading
  } finally {
    await admin.disconnect();
  }
}

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Kafka's spelling of a UUID; one that starts with "-" would be taken for an option. */
function uuid(): string {
  const text = randomBytes(16).toString("base64url");
  return text.startsWith("-") ? uuid() : text;
}
