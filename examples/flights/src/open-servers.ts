import { cannotStart, endpointVariables, start, type RunningServer, type ServerName } from "@spillway-tools/servers";

/** A server by its name, and in words. */
export interface NamedServer {
  readonly name: ServerName;
  readonly says: string;
}

/** Servers that run: ours, or somebody else's. */
export interface OpenServers {
  endpointOf(server: ServerName): string;
  /** Whether all were started here, so that nobody's names are taken. */
  readonly areOurs: boolean;
  /** Ends those that were started here, and removes their data. */
  stop(): Promise<void>;
}

/** Starts each server, unless the environment names one; prints where they are. Resolves to undefined, with the reason printed, where one cannot be had. */
export async function openServers(wanted: readonly NamedServer[], print: (text: string) => void): Promise<OpenServers | undefined> {
  const missing = wanted.filter(({ name }) => givenEndpoint(name) === undefined);
  // All are asked for before the first is started.
  const reasons = (await Promise.all(missing.map(({ name }) => cannotStart(name)))).filter((reason) => reason !== undefined);
  for (const reason of reasons) print(reason);
  if (reasons.length > 0) return undefined;
  const started = new Map<ServerName, RunningServer>();
  const servers: OpenServers = {
    endpointOf: (name) => started.get(name)?.endpoint ?? givenEndpoint(name) ?? "",
    areOurs: missing.length === wanted.length,
    async stop() {
      for (const server of started.values()) await server.stop();
    },
  };
  try {
    for (const { name } of missing) started.set(name, await start(name));
  } catch (error) {
    await servers.stop();
    throw error;
  }
  for (const { name, says } of wanted)
    print(`  ${says} at ${servers.endpointOf(name)}, ${started.has(name) ? "started for this" : "which runs already"}`);
  return servers;
}

function givenEndpoint(name: ServerName): string | undefined {
  const given = process.env[endpointVariables[name]];
  return given === "" ? undefined : given;
}
