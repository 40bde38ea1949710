import { answered, type KafkaError } from "./kafka-error.ts";
import { errorOf } from "./kafkajs-internals.ts";

/** Throws what a broker answered with, unless that was no error. */
export function check(errorCode: number, doing: string): void {
  if (errorCode !== 0) throw failure(errorCode, doing);
}

/** What a broker's error code means. */
export function failure(errorCode: number, doing: string): KafkaError {
  const { type, retriable } = errorOf(errorCode);
  return answered(type, doing, retriable);
}
