import { startDynamoDbLocal, startElasticMq, startKinesalite, startKinesisLocal } from "./http-servers.ts";
import type { JarSet } from "./jars.ts";
import { startKafka } from "./kafka-cluster.ts";
import { javaMissing } from "./prerequisites.ts";
import type { RunningServer } from "./running-server.ts";
import type { FolderOptions } from "./server-folder.ts";
import { endpointVariables, type ServerName } from "./server-name.ts";
import { sharedServer } from "./shared-server.ts";

/** A server for a suite, or why there is none. */
export interface TestServer {
  /** Why the suite is skipped; undefined when the server is there. It has been printed already. */
  readonly skip: string | undefined;
  /** What clients connect to; throws when there is no server. */
  readonly endpoint: string;
}

const kinds: Readonly<Record<ServerName, { readonly jars?: JarSet; readonly start: (options: FolderOptions) => Promise<RunningServer> }>> =
  {
    kafka: { jars: "kafka", start: startKafka },
    sqs: { jars: "elasticmq", start: startElasticMq },
    dynamodb: { jars: "dynamodb", start: startDynamoDbLocal },
    kinesis: { start: startKinesisLocal },
    kinesalite: { start: startKinesalite },
  };

/**
 * The server that a test file needs: the one that the environment names, else one that all test files of this run share and that dies with the run.
 * Where it cannot be started, `skip` says why; with SPILLWAY_REQUIRE_SERVERS=1 that is an error.
 *
 *     const sqs = await serversFor("sqs");
 *     describe.skipIf(sqs.skip !== undefined)("on ElasticMQ", () => { … sqs.endpoint … });
 */
export async function serversFor(name: ServerName): Promise<TestServer> {
  const variable = endpointVariables[name];
  const given = process.env[variable];
  if (given !== undefined && given !== "") return { skip: undefined, endpoint: given };
  const skip = await whyNot(name);
  if (skip !== undefined) {
    return {
      skip,
      get endpoint(): string {
        throw new Error(`There is no ${name} server: ${skip}.`);
      },
    };
  }
  const ownerPid = runPid();
  const { endpoint } = await sharedServer(`${ownerPid}-${name}`, (entry) => start(name, { ownerPid, entry }));
  return { skip: undefined, endpoint };
}

/** For suites that start servers of their own: why they cannot, printed; undefined when they can. Throws under SPILLWAY_REQUIRE_SERVERS=1. */
export async function whyNot(name: ServerName): Promise<string | undefined> {
  const reason = await reasonAgainst(name);
  if (reason === undefined) return undefined;
  const message = sentenceOf(name, reason);
  if (process.env["SPILLWAY_REQUIRE_SERVERS"] === "1") throw new Error(`${message} It is required (SPILLWAY_REQUIRE_SERVERS=1).`);
  console.warn(`${message} Tests that need it are skipped.`);
  return reason;
}

/** For programs: why a server cannot be started here and what to do about it, as sentences; undefined when it can. */
export async function cannotStart(name: ServerName): Promise<string | undefined> {
  const reason = await reasonAgainst(name);
  return reason === undefined ? undefined : sentenceOf(name, reason);
}

async function reasonAgainst(name: ServerName): Promise<string | undefined> {
  const { jars } = kinds[name];
  return jars === undefined ? windows() : await javaMissing(jars);
}

function sentenceOf(name: ServerName, reason: string): string {
  return `No ${name} server: ${reason}. Set ${endpointVariables[name]} to use a server that runs already.`;
}

/** Starts a server by its name, not shared; resolves when it has answered a request. */
export function start(name: ServerName, options: FolderOptions = {}): Promise<RunningServer> {
  return kinds[name].start(options);
}

function windows(): string | undefined {
  return process.platform === "win32" ? "the test servers are started with a POSIX shell, which Windows does not have" : undefined;
}

/** The process that stands for the whole run: of a vitest worker it is the parent, which outlives each worker. */
function runPid(): number {
  const isWorkerProcess = process.env["VITEST_WORKER_ID"] !== undefined && process.send !== undefined;
  return isWorkerProcess ? process.ppid : process.pid;
}
