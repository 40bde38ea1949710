import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { jars } from "./jars.ts";
import { packageFolder } from "./paths.ts";
import { freePorts } from "./ports.ts";
import { answers, awsRequest, ready } from "./ready.ts";
import type { RestartableServer, RunningServer } from "./running-server.ts";
import { serverFolder, type FolderOptions, type ServerProcess } from "./server-folder.ts";

const javaFlags = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];
/** How long kinesis-local takes over each change of a stream. */
const quick: Readonly<Record<string, string>> = {
  CREATE_STREAM_DURATION: "50ms",
  DELETE_STREAM_DURATION: "50ms",
  UPDATE_STREAM_MODE_DURATION: "50ms",
  UPDATE_SHARD_COUNT_DURATION: "50ms",
  MERGE_SHARDS_DURATION: "50ms",
  SPLIT_SHARD_DURATION: "50ms",
  REGISTER_STREAM_CONSUMER_DURATION: "50ms",
  DEREGISTER_STREAM_CONSUMER_DURATION: "50ms",
  START_STREAM_ENCRYPTION_DURATION: "50ms",
  STOP_STREAM_ENCRYPTION_DURATION: "50ms",
};
const installed = createRequire(import.meta.url);

/** How ElasticMQ is started. */
export interface ElasticMqOptions extends FolderOptions {
  /** Whether it keeps queues and messages in its folder, so that it has them after a restart. Default: false. */
  readonly persistent?: boolean;
}

/** Starts ElasticMQ 1.6.15, an SQS server; resolves when it has answered a request. */
export function startElasticMq({ persistent = false, ...options }: ElasticMqOptions = {}): Promise<RestartableServer> {
  return start("sqs", 1, options, awsRequest("AmazonSQS.ListQueues", "1.0", "sqs"), "/", async ([port = 0], folder, run) => {
    const source = join(packageFolder, "java", "ElasticMq.java");
    const classes = join(await jars("elasticmq"), "*");
    const database = persistent ? [join(folder, "queues")] : [];
    return run("java", ["-Xmx256m", ...javaFlags, `-Dspillway.folder=${folder}`, "-cp", classes, source, String(port), ...database]);
  });
}

/** Starts DynamoDB Local 2.6.1 with everything in memory, streams included; resolves when it has answered a request. */
export function startDynamoDbLocal(options: FolderOptions = {}): Promise<RunningServer> {
  return start(
    "dynamodb",
    1,
    options,
    awsRequest("DynamoDB_20120810.ListTables", "1.0", "dynamodb"),
    "/",
    async ([port = 0], folder, run) => {
      const lib = await jars("dynamodb");
      const main = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner";
      const args = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", String(port)];
      return run("java", [...javaFlags, `-Djava.library.path=${lib}`, `-Dspillway.folder=${folder}`, "-cp", join(lib, "*"), main, ...args]);
    },
  );
}

/** Starts kinesis-local 0.6.2: right in resharding, filters and lag; slow above some 2,000 records a shard. HTTP/1.1 only. */
export function startKinesisLocal(options: FolderOptions = {}): Promise<RunningServer> {
  return start("kinesis", 2, options, {}, "/healthcheck", async ([port = 0, tlsPort = 0], folder, run) => {
    const home = dirname(installed.resolve("kinesis-local/package.json"));
    return run(process.execPath, [join(home, "main.js"), folder], {
      ...quick,
      KINESIS_MOCK_CERT_PATH: join(home, "server.json"),
      KINESIS_MOCK_PLAIN_PORT: String(port),
      KINESIS_MOCK_TLS_PORT: String(tlsPort),
      SHARD_LIMIT: "500",
      LOG_LEVEL: "ERROR",
    });
  });
}

/** Starts kinesalite 3.3.3: fast, for volume; its lag is always 0 and it names no child shards. HTTP/1.1 only. */
export function startKinesalite(options: FolderOptions = {}): Promise<RunningServer> {
  return start(
    "kinesalite",
    1,
    options,
    awsRequest("Kinesis_20131202.ListStreams", "1.1", "kinesis"),
    "/",
    async ([port = 0], folder, run) => {
      const cli = join(dirname(installed.resolve("kinesalite/package.json")), "cli.js");
      const times = ["--createStreamMs", "20", "--deleteStreamMs", "20", "--updateStreamMs", "20"];
      return run(process.execPath, [cli, "--port", String(port), "--shardLimit", "500", ...times, "--folder", folder]);
    },
  );
}

type Run = (command: string, args: readonly string[], env?: Readonly<Record<string, string>>) => ServerProcess;
type Launch = (ports: readonly number[], folder: string, run: Run) => Promise<ServerProcess>;

async function start(
  name: string,
  portCount: number,
  options: FolderOptions,
  request: RequestInit,
  path: string,
  launch: Launch,
): Promise<RestartableServer> {
  const ports = await freePorts(portCount);
  const folder = await serverFolder(name, options);
  const endpoint = `http://127.0.0.1:${ports[0]}`;
  const launched = async (): Promise<ServerProcess> => {
    const server = await launch(ports, folder.path, (command, args, env) => folder.start(name, command, args, env));
    await ready(name, server, () => answers(endpoint + path, request, 200));
    return server;
  };
  try {
    let server = await launched();
    return {
      endpoint,
      folder: folder.path,
      stop: () => folder.remove(),
      async kill() {
        server.signal("SIGKILL");
        await server.gone;
      },
      async restart() {
        if (!server.isGone()) throw new Error(`${name} still runs: kill it before it is started again.`);
        server = await launched();
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}
