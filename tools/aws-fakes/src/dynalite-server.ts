import type { Server } from "node:net";
import dynalite from "dynalite";
import type { JsonServer } from "./json-server.ts";
import { listen } from "./listen.ts";

/** Starts dynalite in this process, in memory: a DynamoDB with conditional writes, without streams and transactions. */
export async function startDynalite(): Promise<JsonServer> {
  const server: Server & { closeAllConnections?: () => void } = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  return await listen(server, () => server.closeAllConnections?.());
}
