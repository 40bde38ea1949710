export { kinesisSink, type KinesisSinkOptions } from "./kinesis-sink.ts";
export { kinesisSource, type KinesisSource, type KinesisSourceOptions } from "./kinesis-source.ts";
export type { KinesisStream } from "./kinesis-stream.ts";
