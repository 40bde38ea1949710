/** One node's addresses; a client is sent to the advertised port, which may be a proxy's. */
export interface KafkaNodePorts {
  readonly client: number;
  readonly internal: number;
  readonly controller: number;
  readonly advertised: number;
}

/** What differs between clusters. */
export interface KafkaSettings {
  /** Whether compacted topics are compacted; it needs a larger heap (the cleaner's buffer alone is 128 MB). */
  readonly compaction: boolean;
  /** Further broker properties, which win. */
  readonly properties: Readonly<Record<string, string>>;
}

/** The server.properties of node `id` (from 1) of a cluster that starts fast, fails over fast and uses little memory. */
export function kafkaProperties(id: number, nodes: readonly KafkaNodePorts[], dataFolder: string, settings: KafkaSettings): string {
  const own = nodes[id - 1];
  if (own === undefined) throw new Error(`There is no node ${id} among ${nodes.length}.`);
  const copies = String(Math.min(3, nodes.length));
  const inSync = nodes.length === 1 ? "1" : "2";
  const at = (port: number): string => `127.0.0.1:${port}`;
  const properties: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": String(id),
    "controller.quorum.bootstrap.servers": nodes.map((node) => at(node.controller)).join(","),
    listeners: `CLIENT://${at(own.client)},INTERNAL://${at(own.internal)},CONTROLLER://${at(own.controller)}`,
    "advertised.listeners": `CLIENT://${at(own.advertised)},INTERNAL://${at(own.internal)}`,
    "inter.broker.listener.name": "INTERNAL",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "log.dirs": dataFolder,
    "default.replication.factor": copies,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": copies,
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": inSync,
    "transaction.state.log.num.partitions": "2",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "auto.create.topics.enable": "false",
    "log.cleaner.enable": String(settings.compaction),
    "log.retention.check.interval.ms": "1000",
    "log.initial.task.delay.ms": "500",
    // A node killed with -9 must lose its registration before it may come back: 9 seconds by default.
    "broker.session.timeout.ms": nodes.length === 1 ? "1500" : "3000",
    "broker.heartbeat.interval.ms": "500",
    "leader.imbalance.check.interval.seconds": "2",
    ...settings.properties,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** Prints warnings and errors to the node's log: without a file of its own, log4j prints nothing else of use. */
export const log4jConfiguration = `Configuration:
  status: ERROR
  Appenders:
    Console: { name: out, PatternLayout: { pattern: "%d %p %c{1} %m%n%throwable{short}" } }
  Loggers:
    Root: { level: warn, AppenderRef: { ref: out } }
`;
