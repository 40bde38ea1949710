import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageFolder } from "./paths.ts";
import { endpointVariables, type ServerName } from "./server-name.ts";

/** What a server is called by people, and which of its versions is used. */
export interface ServerTitle {
  readonly name: string;
  readonly version: string;
}

const sources: Readonly<
  Record<ServerName, { readonly name: string; readonly pom: string } | { readonly name: string; readonly npm: string }>
> = {
  kafka: { name: "Apache Kafka", pom: "kafka" },
  sqs: { name: "ElasticMQ", pom: "elasticmq" },
  dynamodb: { name: "DynamoDB Local", pom: "dynamodb" },
  kinesis: { name: "kinesis-local", npm: "kinesis-local" },
  kinesalite: { name: "kinesalite", npm: "kinesalite" },
};

const installed = createRequire(import.meta.url);

/** A server's name and version, read from what it is started from. Of somebody else's server, the version is not known. */
export function serverTitle(server: ServerName): ServerTitle {
  const source = sources[server];
  const given = process.env[endpointVariables[server]];
  if (given !== undefined && given !== "") return { name: source.name, version: `unknown: given by ${endpointVariables[server]}` };
  return { name: source.name, version: "pom" in source ? pomVersion(source.pom) : installedVersion(source.npm) };
}

/** The version of a pom's first dependency: the server itself. */
function pomVersion(pom: string): string {
  const text = readFileSync(join(packageFolder, "java", `${pom}.pom.xml`), "utf8");
  const [, version] = /<dependency>.*?<version>([^<]+)<\/version>/s.exec(text) ?? [];
  if (version === undefined) throw new Error(`java/${pom}.pom.xml names no version of its first dependency.`);
  return version;
}

function installedVersion(name: string): string {
  return (installed(`${name}/package.json`) as { readonly version: string }).version;
}
