import type { KafkaCluster, KafkaNode } from "./kafka-cluster.ts";

/** How nodes are restarted. */
export interface RestartOptions {
  /** Default: "SIGTERM", a controlled shutdown, as an upgrade does it. */
  readonly signal?: "SIGTERM" | "SIGKILL";
  /** Hears of each node that has ended, before it is started again. */
  readonly onStopped?: (node: KafkaNode) => void;
}

/** Restarts the nodes one after the other: the next one only when all are members again and lead what they led. */
export async function restartInTurn({ nodes }: KafkaCluster, options: RestartOptions = {}): Promise<void> {
  for (const node of nodes) {
    await node.kill(options.signal ?? "SIGTERM");
    options.onStopped?.(node);
    await node.start();
  }
}
