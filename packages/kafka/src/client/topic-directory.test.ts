import { expect, test } from "vitest";
import { kafkajsPort } from "./kafkajs-port.ts";
import { topicDirectory } from "./topic-directory.ts";
import { Kafka } from "kafkajs";

test("whoever does not wait any more asks for nothing, so that no failure goes unheard", async () => {
  let asked = 0;
  const port = {
    ...kafkajsPort(new Kafka({ brokers: ["127.0.0.1:1"] })),
    metadata: () => {
      asked += 1;
      return Promise.reject(new Error("no broker"));
    },
  };
  const directory = topicDirectory(port, { topics: ["orders"], startTimeoutMs: 1_000 });
  await expect(directory.refresh({ signal: AbortSignal.abort(new Error("over")) })).rejects.toThrow("over");
  expect(asked).toBe(0);
});
