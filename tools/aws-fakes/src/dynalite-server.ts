import type { AddressInfo, Server } from "node:net";
import dynalite from "dynalite";
import type { JsonServer } from "./json-server.ts";

/** Starts dynalite in this process, in memory: a DynamoDB with conditional writes, without streams and transactions. */
export async function startDynalite(): Promise<JsonServer> {
  const server: Server & { closeAllConnections?: () => void } = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections?.();
      }),
  };
}
