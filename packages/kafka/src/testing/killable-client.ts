import { connect, type Socket } from "node:net";
import { Kafka, logLevel } from "kafkajs";

/** A client whose process seems to die: every connection ends at once, and none can be made any more. */
export interface KillableClient {
  readonly client: Kafka;
  kill(): void;
}

/** Makes a client that can be killed. */
export function killableClient(endpoint: string): KillableClient {
  const sockets = new Set<Socket>();
  let isDead = false;
  const client = new Kafka({
    clientId: "spillway-test",
    brokers: endpoint.split(","),
    logLevel: logLevel.NOTHING,
    socketFactory: ({ host, port, onConnect }) => {
      // Port 1 refuses.
      const socket = connect(isDead ? 1 : port, host, onConnect);
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      return socket;
    },
  });
  return {
    client,
    kill() {
      isDead = true;
      for (const socket of sockets) socket.resetAndDestroy();
    },
  };
}
