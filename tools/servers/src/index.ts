export { startDynamoDbLocal, startElasticMq, startKinesalite, startKinesisLocal } from "./http-servers.ts";
export { startKafka, type KafkaCluster, type KafkaNode, type KafkaOptions } from "./kafka-cluster.ts";
export { kafkaApi, type KafkaRequest } from "./kafka-frames.ts";
export { freePorts } from "./ports.ts";
export type { RunningServer } from "./running-server.ts";
export type { FolderOptions } from "./server-folder.ts";
export { endpointVariables, serverNames, type ServerName } from "./server-name.ts";
export { serversFor, start, whyNot, type TestServer } from "./servers-for.ts";
export { tcpProxy, type KafkaRule, type ProxyTarget, type RequestFate, type TcpFault, type TcpProxy } from "./tcp-proxy.ts";
