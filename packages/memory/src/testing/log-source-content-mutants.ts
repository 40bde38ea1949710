import type { LogSourceSubject } from "@spillway/conformance";
import type { Payload } from "@spillway/spec";
import { messages, sources } from "./log-source-mutations.ts";
import { messageMutations, throughText } from "./message-mutations.ts";
import type { Mutant } from "./mutant.ts";

/** Log sources that change what a message says. */
export const logSourceContentMutants: readonly Mutant<LogSourceSubject>[] = [
  ...messageMutations.map(
    ({ name, rejectedBy, change }): Mutant<LogSourceSubject> => ({
      name,
      rejectedBy: [rejectedBy],
      mutate: (subject) => messages(subject, change),
    }),
  ),
  {
    name: "turns payloads into text and back",
    rejectedBy: ["every byte of a payload arrives as it was appended"],
    mutate: (subject) => messages(subject, throughText),
  },
  {
    name: "gives a tombstone for an empty payload",
    rejectedBy: ["a tombstone, an empty payload and a payload are three different things"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, value: message.value?.byteLength === 0 ? null : message.value })),
  },
  {
    name: "gives the empty key to messages without one",
    rejectedBy: ["a message carries its key, and a message without one carries none"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, key: message.key ?? "" })),
  },
  {
    name: "compares keys of bytes by identity",
    rejectedBy: ["equal binary keys are equal as text, and others are not"],
    mutate(subject) {
      let keys = 0;
      return messages(subject, (message) => ({ ...message, key: `key ${(keys += 1)}` }));
    },
  },
  {
    name: "gives all keys of bytes one text",
    rejectedBy: ["equal binary keys are equal as text, and others are not"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, key: "[object Uint8Array]" })),
  },
  {
    name: "has forgotten the original",
    rejectedBy: ["original gives the key and payload that a message arrived with"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, original: () => ({ key: undefined, payload: null }) })),
  },
  {
    name: "takes the text of a key for the original",
    rejectedBy: ["original gives back a key of bytes as bytes"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, original: ({ key, value }) => ({ key, payload: value }) })),
  },
  {
    name: "hands out its own memory",
    rejectedBy: ["a payload changed by its reader is read unchanged the next time"],
    mutate(subject) {
      const memory = new Map<string, Payload>();
      return messages(subject, (message) => {
        const value = memory.get(message.id) ?? message.value;
        memory.set(message.id, value);
        return { ...message, value };
      });
    },
  },
];
