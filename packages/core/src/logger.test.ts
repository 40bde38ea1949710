import type { FencingToken, LogMessage, PartitionId, Position } from "@spillway/spec";
import { expect, test } from "vitest";
import type { EngineEvent } from "./events.ts";
import { logEvents, type Logger } from "./index.ts";

interface Line {
  readonly level: string;
  readonly facts: object;
  readonly sentence: string;
}

function lineOf(event: EngineEvent): Line {
  const lines: Line[] = [];
  const at = (level: string) => (facts: object, sentence: string) => void lines.push({ level, facts, sentence });
  const logger: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  logEvents(logger)(event);
  expect(lines).toHaveLength(1);
  return lines[0] as Line;
}

const secret = "the payload is private";
const message: LogMessage<unknown> = {
  id: "orders/0/7",
  key: "k",
  value: { note: secret },
  headers: [["authorization", secret]],
  timestampMs: 1_000,
  position: "7" as Position,
};
const partition = "0" as PartitionId;
const token = 3 as FencingToken;
const error = new Error("no answer");
const source = "orders";

/** One of each type at least: a type without a line here does not compile. */
const lines: { readonly [Type in EngineEvent["type"]]: readonly (readonly [Extract<EngineEvent, { type: Type }>, string, string])[] } = {
  retrying: [
    [
      { type: "retrying", message, stage: "handle", error, class: "transient", attempt: 1, delayMs: 99.6 },
      "info",
      "message orders/0/7 failed at handle and is tried again in 100 ms",
    ],
  ],
  "dead-lettered": [
    [
      { type: "dead-lettered", message, stage: "handle", error, disposition: "expired" },
      "warn",
      "message orders/0/7 was dead-lettered (expired) at handle",
    ],
  ],
  "dead-letter-failed": [
    [
      { type: "dead-letter-failed", message, error, delayMs: 100 },
      "error",
      "the dead letter of message orders/0/7 was refused and is written again in 100 ms",
    ],
  ],
  checkpointed: [[{ type: "checkpointed", partition, checkpoint: { state: "finished" } }, "debug", "the checkpoint of 0 was saved"]],
  "checkpoint-failed": [
    [{ type: "checkpoint-failed", partition, error, failures: 2 }, "warn", "the checkpoint of 0 was refused (2 times) and is saved again"],
  ],
  "partition-gained": [
    [{ type: "partition-gained", source, partition, takeover: "clean" }, "info", "reading orders 0"],
    [
      { type: "partition-gained", source, partition, takeover: "unclean" },
      "info",
      "reading orders 0, whose last owner vanished: starting carefully",
    ],
  ],
  "partition-ended": [
    [{ type: "partition-ended", source, partition, how: "drained" }, "info", "orders 0 was drained"],
    [{ type: "partition-ended", source, partition, how: "finished" }, "info", "orders 0 was finished"],
    [{ type: "partition-ended", source, partition, how: "lost" }, "warn", "orders 0 was lost"],
  ],
  "acknowledge-failed": [
    [
      { type: "acknowledge-failed", source, message, error, delayMs: 100 },
      "warn",
      "orders did not confirm message orders/0/7; it is asked again in 100 ms",
    ],
  ],
  "source-failed": [[{ type: "source-failed", source, error, delayMs: 100 }, "warn", "orders failed and is asked again in 100 ms"]],
  "messages-lost": [
    [
      { type: "messages-lost", source, partition, lost: { count: 5, reason: "the log has dropped them" } },
      "error",
      "orders 0 no longer held 5 messages: the log has dropped them",
    ],
    [
      { type: "messages-lost", source, partition, lost: { count: undefined, reason: "the log has dropped them" } },
      "error",
      "orders 0 no longer held some messages: the log has dropped them",
    ],
    [
      { type: "messages-lost", source, partition, lost: { count: undefined, reason: "they are gone", afterMs: 0, beforeMs: 90_000 } },
      "error",
      "orders 0 no longer held some messages after 1970-01-01T00:00:00.000Z before 1970-01-01T00:01:30.000Z: they are gone",
    ],
  ],
  held: [
    [{ type: "held", why: "4 dead letters in a row", forMs: 60_000 }, "warn", "the source rests for 60000 ms: 4 dead letters in a row"],
  ],
  resumed: [[{ type: "resumed", after: "4 dead letters in a row" }, "info", "the source goes on after: 4 dead letters in a row"]],
  breaker: [
    [{ type: "breaker", breaker: "payments", state: "open" }, "warn", 'the breaker "payments" is open'],
    [{ type: "breaker", breaker: "payments", state: "closed" }, "info", 'the breaker "payments" is closed'],
  ],
  stalled: [[{ type: "stalled", source, partition, says: "nothing of orders 0 has ended" }, "error", "nothing of orders 0 has ended"]],
  advised: [
    [
      { type: "advised", source, says: ["orders: it moves messages.", "orders: it drops messages."] },
      "info",
      "orders: it moves messages. orders: it drops messages.",
    ],
  ],
  "retention-near": [
    [
      { type: "retention-near", source, partition, headroomMs: 1, retentionMs: 4, says: "orders 0 is dropped soon" },
      "error",
      "orders 0 is dropped soon",
    ],
  ],
  draining: [
    [
      { type: "draining", reason: "a deploy", inFlight: 5, running: 2, expectedMs: undefined, late: [] },
      "info",
      "stopping (a deploy) with 5 messages in flight, 2 of them running",
    ],
    [
      { type: "draining", reason: "a deploy", inFlight: 5, running: 2, expectedMs: 40, late: [message] },
      "info",
      "stopping (a deploy) with 5 messages in flight, 2 of them running, about 40 ms",
    ],
  ],
  delivered: [[{ type: "delivered", source, partition, count: 5 }, "debug", "orders 0 gave 5 messages"]],
  aborted: [
    [
      { type: "aborted", source, partition, messages: [message], reason: new Error("a deploy") },
      "info",
      "1 messages of orders were aborted and will be delivered again: a deploy",
    ],
  ],
  deadline: [
    [{ type: "deadline", source, messages: [message, message] }, "warn", "2 messages did not end in time and will be delivered again"],
  ],
  lease: [
    [{ type: "lease", source, event: { type: "lease-gained", partition, token, takeover: "clean" } }, "debug", "orders: lease-gained"],
    [{ type: "lease", source, event: { type: "lease-lost", partition, token, why: "silence" } }, "warn", "orders: lease-lost"],
    [
      { type: "lease", source, event: { type: "lease-call-failed", call: "renew", error, retryInMs: 100 } },
      "warn",
      "orders: lease-call-failed",
    ],
  ],
};

const all: readonly (readonly [EngineEvent, string, string])[] = Object.values(lines).flat();

test.each(all.map(([event, level, sentence]) => [event.type, level, sentence, event] as const))(
  "an event of type %s is logged as %s: %s",
  (_type, level, sentence, event) => {
    expect(lineOf(event)).toMatchObject({ level, sentence, facts: { type: event.type } });
  },
);

test("no line holds a payload or a header, but the message's id, key and time", () => {
  for (const [event] of all) expect(JSON.stringify(lineOf(event))).not.toContain(secret);
  expect(lineOf(lines.retrying[0]?.[0] as EngineEvent).facts).toMatchObject({
    message: { id: "orders/0/7", key: "k", timestampMs: 1_000 },
    stage: "handle",
  });
  expect(lineOf(lines.deadline[0]?.[0] as EngineEvent).facts).toMatchObject({
    messages: [
      { id: "orders/0/7", key: "k", timestampMs: 1_000 },
      { id: "orders/0/7", key: "k", timestampMs: 1_000 },
    ],
  });
});

test("an error is logged under the name that pino knows, beside the facts", () => {
  for (const [event] of all) if ("error" in event) expect(lineOf(event).facts).toHaveProperty("err", event.error);
  expect(lineOf(lines["source-failed"][0]?.[0] as EngineEvent).facts).toMatchObject({ err: error, source, delayMs: 100 });
});
