import { expect, test } from "vitest";
import { KafkaError } from "../client/kafka-error.ts";
import { untilAnswered } from "./until-answered.ts";

function failing(type: string): KafkaError {
  return new KafkaError(type, { type, code: "SPILLWAY_KAFKA_REFUSED", failureClass: "transient" });
}

test("T23: a call is made again while its failure may pass, and what is asked for in between is done", async () => {
  const failures = [failing("CONCURRENT_TRANSACTIONS"), failing("NOT_LEADER_FOR_PARTITION")];
  let between = 0;
  const answer = await untilAnswered(
    () => {
      const failure = failures.shift();
      return failure === undefined ? Promise.resolve("done") : Promise.reject(failure);
    },
    { signal: new AbortController().signal },
    () => {
      between += 1;
      return Promise.resolve();
    },
  );
  expect([answer, between]).toEqual(["done", 2]);
});

test("a producer that was replaced is told at once", async () => {
  const calls = { signal: new AbortController().signal };
  let made = 0;
  const asking = untilAnswered(() => {
    made += 1;
    return Promise.reject(failing("INVALID_PRODUCER_EPOCH"));
  }, calls);
  await expect(asking).rejects.toMatchObject({ type: "INVALID_PRODUCER_EPOCH" });
  expect(made).toBe(1);
});

test("an aborted signal ends the asking", async () => {
  const stop = new AbortController();
  const asking = untilAnswered(
    () => {
      stop.abort(new Error("enough"));
      return Promise.reject(failing("TIMEOUT"));
    },
    { signal: stop.signal },
  );
  await expect(asking).rejects.toMatchObject({ type: "TIMEOUT" });
});
