import { randomUUID } from "node:crypto";
import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import { kafkaSource } from "@spillway/kafka";
import { deferred } from "../deferred.ts";
import { stopwatch, type Taken } from "../taken.ts";
import { client, type FilledTopic } from "./topic.ts";

/** How a pipeline takes a topic. */
export interface TakeOptions {
  readonly ordering: "key" | "partition";
  readonly concurrency: number;
  /** How many messages are taken; all of the topic where nothing is said. */
  readonly messages?: number;
  /** Where the time begins: joining the group and the first fetches belong to it, or do not. */
  readonly from: "start" | "first message";
  readonly handler: (index: number) => void | Promise<void>;
}

/** Takes messages of a topic through a whole pipeline. */
export async function takeAll(
  filled: FilledTopic,
  { ordering, concurrency, messages = filled.messages, from, handler }: TakeOptions,
): Promise<Taken> {
  const stop = new AbortController();
  let begun = 0;
  let handled = 0;
  let end = from === "start" ? stopwatch() : undefined;
  let taken: Taken | undefined;
  const done = (): void => {
    handled += 1;
    if (handled !== messages) return;
    taken = end?.(messages);
    stop.abort("all was taken");
  };
  const whenOver = async (outcome: Promise<void>): Promise<void> => {
    await outcome;
    done();
  };
  const report = await run(
    consume(kafkaSource({ client, topic: filled.topic, groupId: `bench-${randomUUID()}` }), { ordering }).pipe(
      handle(
        () => {
          end ??= stopwatch();
          const outcome = handler(begun++);
          return outcome === undefined ? done() : whenOver(outcome);
        },
        { concurrency },
      ),
      haltOnFailure(),
      checkpoint(),
    ),
    { signal: stop.signal },
  );
  if (taken === undefined || report.succeeded < messages)
    throw new Error(`${report.succeeded} messages succeeded, but ${messages} are there`);
  return taken;
}

/** Takes all messages of a topic with kafkajs alone, from its start: an empty eachBatch, offsets committed as it does by itself. */
export async function takeByHand({ topic, messages }: FilledTopic): Promise<Taken> {
  const end = stopwatch();
  const consumer = client.consumer({ groupId: `bench-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let left = messages;
  const { promise, resolve } = deferred<Taken>();
  await consumer.run({
    partitionsConsumedConcurrently: 8,
    async eachBatch({ batch }) {
      left -= batch.messages.length;
      if (left <= 0) resolve(end(messages));
    },
  });
  const taken = await promise;
  await consumer.disconnect();
  return taken;
}
