import type { KafkaPort } from "./kafka-port.ts";

/** A port whose connections live as long as somebody uses it, and a little longer. */
export interface SharedPort {
  readonly port: KafkaPort;
  /** Says that the port is in use; calling what it returns ends that, once. */
  hold(): () => void;
}

/** Closes the connections of a port when nobody has used it for a while; meanwhile they do not keep the process running. */
export function sharedPort(port: KafkaPort, idleMs: number): SharedPort {
  let users = 0;
  let closing: NodeJS.Timeout | undefined;
  return {
    port,
    hold() {
      users += 1;
      clearTimeout(closing);
      if (users === 1) port.keepAlive(true);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        users -= 1;
        if (users > 0) return;
        port.keepAlive(false);
        closing = setTimeout(() => {
          port.close().catch((error: unknown) => process.emitWarning(`Connections to Kafka could not be closed: ${String(error)}`));
        }, idleMs).unref();
      };
    },
  };
}
