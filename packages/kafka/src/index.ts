export { kafkaSink } from "./kafka-sink.ts";
export type { KafkaSinkOptions } from "./kafka-sink-options.ts";
export { kafkaSource, type KafkaSource } from "./kafka-source.ts";
export type { KafkaSourceOptions } from "./kafka-source-options.ts";
export { kafkaTransactions, type KafkaTransactions, type KafkaTransactionsOptions } from "./kafka-transactions.ts";
export type { Compression } from "./wire/codecs.ts";
