import type { QueueSourceSubject } from "@spillway/conformance";
import { asText } from "./as-text.ts";
import type { Mutant } from "./mutant.ts";
import { messages, sources } from "./queue-source-mutations.ts";

/** Queue sources that change what a message says. */
export const queueSourceContentMutants: readonly Mutant<QueueSourceSubject>[] = [
  {
    name: "reads payloads as Latin-1",
    rejectedBy: ["a payload arrives as it was sent"],
    mutate: (subject) =>
      messages(subject, (message) => ({ ...message, value: message.value && Buffer.from(Buffer.from(message.value).toString("latin1")) })),
  },
  {
    name: "turns payloads into text and back",
    rejectedBy: ["every byte of a payload arrives as it was sent"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, value: message.value && asText(message.value) })),
  },
  {
    name: "cuts payloads at 64 KiB",
    rejectedBy: ["a large payload arrives whole"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, value: message.value?.slice(0, 65_536) ?? null })),
  },
  {
    name: "gives an empty payload for a tombstone",
    rejectedBy: ["a tombstone, an empty payload and a payload are three different things"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, value: message.value ?? new Uint8Array() })),
  },
  {
    name: "loses headers",
    rejectedBy: ["headers arrive with their names and values"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, headers: [] })),
  },
  {
    name: "keeps one header of each name",
    rejectedBy: ["headers keep their order and their repetitions"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, headers: [...new Map(message.headers)] })),
  },
  {
    name: "turns header values into text",
    rejectedBy: ["a header's bytes arrive unchanged"],
    mutate: (subject) =>
      messages(subject, (message) => ({
        ...message,
        headers: message.headers.map(([name, value]) => [name, typeof value === "string" ? value : new TextDecoder().decode(value)]),
      })),
  },
  {
    name: "has forgotten the original",
    rejectedBy: ["original gives the payload that a message arrived with"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, original: () => ({ key: undefined, payload: null }) })),
  },
  {
    name: "loses the group",
    rejectedBy: ["a message of a group has the group as its key"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, key: undefined })),
  },
  {
    name: "takes the receive count for the id",
    rejectedBy: ["ids are unique within the queue"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, id: String(message.receiveCount) })),
  },
  {
    name: "gives timestamps in seconds",
    rejectedBy: ["timestamps are milliseconds since the Unix epoch"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, timestampMs: Math.floor(message.timestampMs / 1_000) })),
  },
];
