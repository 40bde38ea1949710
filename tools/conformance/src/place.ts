import { startDynalite } from "@spillway-tools/aws-fakes";
import { serversFor, serverTitle, type ServerName } from "@spillway-tools/servers";
import type { ScoredServer } from "@spillway/conformance";
import { startFauxqs } from "fauxqs";
import { manifestOf } from "./manifest.ts";

/** What an adapter is run on. */
export interface Place {
  /** The server's name in the scorecard; undefined where none is needed. */
  readonly server: string | undefined;
  /** Resolves when its server, if there is one, answers; or to the reason why it cannot be had here. */
  open(): Promise<OpenPlace | { readonly why: string }>;
}

/** A place whose server runs. */
export interface OpenPlace {
  readonly server: ScoredServer | undefined;
  /** What harnesses are made of; undefined where there is no server, or where each case starts a fake of its own. */
  readonly endpoint: string | undefined;
  close(): Promise<void>;
}

const nothingToClose = async (): Promise<void> => undefined;

/** An adapter that needs nothing but this process. */
export const inThisProcess: Place = {
  server: undefined,
  open: async () => ({ server: undefined, endpoint: undefined, close: nothingToClose }),
};

/** A real server; it ends with this process. */
export function realServer(name: ServerName): Place {
  const server = serverTitle(name);
  return {
    server: server.name,
    async open() {
      const running = await serversFor(name);
      if (running.skip !== undefined) return { why: running.skip };
      return { server, endpoint: running.endpoint, close: nothingToClose };
    },
  };
}

/** The fakes of tools/aws-fakes, of which each case starts its own. */
export const inHouseFake: Place = {
  server: "in-house fake",
  async open() {
    const { version } = await manifestOf("tools/aws-fakes");
    return { server: { name: "in-house fake", version }, endpoint: undefined, close: nothingToClose };
  },
};

/** dynalite, in this process. */
export const dynalite: Place = {
  server: "dynalite",
  async open() {
    const { endpoint, stop } = await startDynalite();
    return { server: await dependencyOf("tools/aws-fakes", "dynalite"), endpoint, close: stop };
  },
};

/** fauxqs, in this process. */
export const fauxqs: Place = {
  server: "fauxqs",
  async open() {
    const running = await startFauxqs({ port: 0, logger: false });
    const endpoint = `http://127.0.0.1:${running.port}`;
    return { server: await dependencyOf("tools/conformance", "fauxqs"), endpoint, close: () => running.stop() };
  },
};

/** A package and its version, as another package pins it. */
async function dependencyOf(folder: string, name: string): Promise<ScoredServer> {
  const { dependencies } = await manifestOf(folder);
  return { name, version: dependencies[name] ?? "unknown" };
}
