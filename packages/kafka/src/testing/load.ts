import { setTimeout as sleep } from "node:timers/promises";
import { kafkaSink } from "../kafka-sink.ts";
import type { TestTopic } from "./test-topic.ts";

/** Messages on their way into a topic; each one's value is its key and its number within the key: "3.7#12". */
export interface Load {
  /** The values that were confirmed. */
  readonly sent: ReadonlySet<string>;
  /** What was not. */
  readonly failures: readonly Error[];
  /** Resolves when everything that was begun is confirmed or has failed. */
  end(): Promise<void>;
}

/** Appends to all partitions until it is ended: keys belong to their partition. */
export function load({ client, topic }: TestTopic, partitions: number, perSecond: number, keysPerPartition: number): Load {
  const sink = kafkaSink({ client, topic, partition: ({ key }) => Number.parseInt(String(key), 10) });
  const sent = new Set<string>();
  const failures: Error[] = [];
  const keys = Array.from(
    { length: partitions * keysPerPartition },
    (_, index) => `${index % partitions}.${Math.floor(index / partitions)}`,
  );
  const numbers = new Map<string, number>();
  let turn = 0;
  let isEnding = false;
  const running = (async () => {
    while (!isEnding) {
      const messages = Array.from({ length: Math.ceil(perSecond / 20) }, () => {
        const key = keys[turn++ % keys.length] ?? "";
        const number = (numbers.get(key) ?? -1) + 1;
        numbers.set(key, number);
        return { key, value: Buffer.from(`${key}#${number}`) };
      });
      const results = await sink.write(messages, { signal: new AbortController().signal });
      for (const [index, result] of results.entries()) {
        if (result.ok) sent.add(String(messages[index]?.value));
        else failures.push(result.error);
      }
      await sleep(50);
    }
  })();
  return {
    sent,
    failures,
    async end() {
      isEnding = true;
      await running;
    },
  };
}
