import type { LostMessages, Message } from "@spillway/spec";
import type { EngineEvent } from "./events.ts";

/** A logger in the shape of pino's: an object of facts, then a sentence. */
export interface Logger {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

type Level = keyof Logger;

/** Logs events; give it to run({ onEvent: logEvents(logger) }), or to a listener of your own among others. */
export function logEvents(logger: Logger): (event: EngineEvent) => void {
  return (event) => {
    const [level, sentence] = say(event);
    // Its answer goes back to run(): where it is a promise that rejects, that is counted.
    return logger[level](factsOf(event), sentence);
  };
}

function say(event: EngineEvent): readonly [Level, string] {
  switch (event.type) {
    case "retrying":
      return ["info", `message ${event.message.id} failed at ${event.stage} and is tried again in ${Math.round(event.delayMs)} ms`];
    case "dead-lettered":
      return ["warn", `message ${event.message.id} was dead-lettered (${event.disposition}) at ${event.stage}`];
    case "dead-letter-failed":
      return ["error", `the dead letter of message ${event.message.id} was refused and is written again in ${event.delayMs} ms`];
    case "checkpointed":
      return ["debug", `the checkpoint of ${event.partition} was saved`];
    case "checkpoint-failed":
      return ["warn", `the checkpoint of ${event.partition} was refused (${event.failures} times) and is saved again`];
    case "partition-gained":
      return [
        "info",
        `reading ${event.source} ${event.partition}${event.takeover === "unclean" ? ", whose last owner vanished: starting carefully" : ""}`,
      ];
    case "partition-ended":
      return [event.how === "lost" ? "warn" : "info", `${event.source} ${event.partition} was ${event.how}`];
    case "acknowledge-failed":
      return ["warn", `${event.source} did not confirm message ${event.message.id}; it is asked again in ${event.delayMs} ms`];
    case "source-failed":
      return ["warn", `${event.source} failed and is asked again in ${event.delayMs} ms`];
    case "messages-lost":
      return ["error", `${event.source} ${event.partition} no longer held ${sayLost(event.lost)}`];
    case "held":
      return ["warn", `the source rests for ${event.forMs} ms: ${event.why}`];
    case "resumed":
      return ["info", `the source goes on after: ${event.after}`];
    case "breaker":
      return [event.state === "open" ? "warn" : "info", `the breaker "${event.breaker}" is ${event.state}`];
    case "stalled":
    case "retention-near":
      return ["error", event.says];
    case "advised":
      return ["info", event.says.join(" ")];
    case "draining":
      return [
        "info",
        `stopping (${event.reason}) with ${event.inFlight} messages in flight, ${event.running} of them running${event.expectedMs === undefined ? "" : `, about ${event.expectedMs} ms`}`,
      ];
    case "delivered":
      return ["debug", `${event.source} ${event.partition ?? ""} gave ${event.count} messages`];
    case "aborted":
      return [
        "info",
        `${event.messages.length} messages of ${event.source} were aborted and will be delivered again: ${event.reason.message}`,
      ];
    case "deadline":
      return ["warn", `${event.messages.length} messages did not end in time and will be delivered again`];
    case "lease":
      return [
        event.event.type === "lease-lost" || event.event.type === "lease-call-failed" ? "warn" : "debug",
        `${event.source}: ${event.event.type}`,
      ];
  }
}

/** The event without the payloads and headers of its messages: they may be large, or private. */
function factsOf(event: EngineEvent): object {
  const err = "error" in event ? { err: event.error } : {};
  if ("message" in event) return { ...event, message: namesOf(event.message), ...err };
  if ("messages" in event) return { ...event, messages: event.messages.map(namesOf) };
  if (event.type === "draining") return { ...event, late: event.late.map(namesOf) };
  return { ...event, ...err };
}

function namesOf({ id, key, timestampMs }: Message<unknown>): object {
  return { id, key, timestampMs };
}

function sayLost({ count, reason, afterMs, beforeMs }: LostMessages): string {
  const after = afterMs === undefined ? "" : ` after ${new Date(afterMs).toISOString()}`;
  const before = beforeMs === undefined ? "" : ` before ${new Date(beforeMs).toISOString()}`;
  return `${count ?? "some"} messages${after}${before}: ${reason}`;
}
