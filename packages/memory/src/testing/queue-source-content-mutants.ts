import type { QueueSourceSubject } from "@spillway/conformance";
import { messageMutations, throughText } from "./message-mutations.ts";
import type { Mutant } from "./mutant.ts";
import { messages, sources } from "./queue-source-mutations.ts";

/** Queue sources that change what a message says. */
export const queueSourceContentMutants: readonly Mutant<QueueSourceSubject>[] = [
  ...messageMutations.map(
    ({ name, rejectedBy, change }): Mutant<QueueSourceSubject> => ({
      name,
      rejectedBy: [rejectedBy],
      mutate: (subject) => messages(subject, change),
    }),
  ),
  {
    name: "reads payloads as Latin-1",
    rejectedBy: ["a payload arrives as it was sent"],
    mutate: (subject) =>
      messages(subject, (message) => ({ ...message, value: message.value && Buffer.from(Buffer.from(message.value).toString("latin1")) })),
  },
  {
    name: "turns payloads into text and back",
    rejectedBy: ["every byte of a payload arrives as it was sent"],
    mutate: (subject) => messages(subject, throughText),
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
];
