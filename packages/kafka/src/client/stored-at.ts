import type { ProduceAnswer } from "../wire/produce.ts";
import { check } from "./check-answer.ts";
import { KafkaError } from "./kafka-error.ts";
import type { TopicPartition } from "./kafka-port.ts";

const duplicateSequenceNumber = 46;

/** The offset of the first record of a batch that was sent to one partition. Throws unless the answer is about that partition, once, and confirms it. */
export function storedAt({ topic, partition }: TopicPartition, answers: readonly ProduceAnswer[]): number {
  const doing = `storing a batch in ${topic}-${partition}`;
  const [answer, more] = answers;
  // The result is the only sign of a batch that was dropped on the way (a wrong partition, an answer for another one).
  if (answer === undefined || more !== undefined || answer.topic !== topic || answer.partition !== partition) {
    throw new KafkaError(
      `The answer to ${doing} is not about that partition alone, so what became of the batch is unknown. It is sent again.`,
      {
        type: "RESULT_MISMATCH",
        code: "SPILLWAY_RESULT_MISMATCH",
        failureClass: "transient",
      },
    );
  }
  if (answer.errorCode !== duplicateSequenceNumber) check(answer.errorCode, doing);
  return answer.baseOffset;
}
