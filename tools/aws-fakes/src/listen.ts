import type { AddressInfo, Server } from "node:net";

/** Something that listens on 127.0.0.1. */
export interface LocalListener {
  readonly endpoint: string;
  /** Ends it, and all its connections. */
  stop(): Promise<void>;
}

/** Has a server listen on a free port. `endConnections` is called when it is stopped: what is open would keep it. */
export async function listen(server: Server, endConnections: () => void): Promise<LocalListener> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        endConnections();
      }),
  };
}
