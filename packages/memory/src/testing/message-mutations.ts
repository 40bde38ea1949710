import type { Message, Payload } from "@spillway/spec";
import { asText } from "./as-text.ts";

/** A way to change what a message says, whatever kind of source gives it. */
export interface MessageMutation {
  readonly name: string;
  /** The case that sees it, of log and of queue sources alike. */
  readonly rejectedBy: string;
  readonly change: <Given extends Message<Payload>>(message: Given) => Given;
}

/** Turns payloads into text and back; the cases that see it say so in each kind's own words. */
export const throughText: MessageMutation["change"] = (message) => ({ ...message, value: message.value && asText(message.value) });

/** What log sources and queue sources must not do to a message. */
export const messageMutations: readonly MessageMutation[] = [
  {
    name: "cuts payloads at 64 KiB",
    rejectedBy: "a large payload arrives whole",
    change: (message) => ({ ...message, value: message.value?.slice(0, 65_536) ?? null }),
  },
  {
    name: "gives an empty payload for a tombstone",
    rejectedBy: "a tombstone, an empty payload and a payload are three different things",
    change: (message) => ({ ...message, value: message.value ?? new Uint8Array() }),
  },
  {
    name: "loses headers",
    rejectedBy: "headers arrive with their names and values",
    change: (message) => ({ ...message, headers: [] }),
  },
  {
    name: "keeps one header of each name",
    rejectedBy: "headers keep their order and their repetitions",
    change: (message) => ({ ...message, headers: [...new Map(message.headers)] }),
  },
  {
    name: "turns header values into text",
    rejectedBy: "a header's bytes arrive unchanged",
    change: (message) => ({
      ...message,
      headers: message.headers.map(([name, value]) => [name, typeof value === "string" ? value : new TextDecoder().decode(value)]),
    }),
  },
  {
    name: "gives timestamps in seconds",
    rejectedBy: "timestamps are milliseconds since the Unix epoch",
    change: (message) => ({ ...message, timestampMs: Math.floor(message.timestampMs / 1_000) }),
  },
];
