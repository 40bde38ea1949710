import type { LostMessages } from "@spillway/spec";
import type { CommittedOffset } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { decodeMetadata } from "./commit-metadata.ts";

/**
 * What is gone with the topic that a committed offset belongs to, when that was deleted and another one has its name now: the offset would be in the middle
 * of the new one. Undefined when it is the same topic, or when nobody can tell: an offset that another program committed carries no topic's id.
 */
export function outlived({ topic, offset, metadata }: CommittedOffset, directory: TopicDirectory): LostMessages | undefined {
  const now = directory.id(topic);
  if (offset === undefined || now === undefined) return undefined;
  const found = decodeMetadata(offset, metadata);
  const then = found.origin === "own" ? found.metadata.topicId : undefined;
  if (then === undefined || then === now) return undefined;
  return {
    count: undefined,
    reason: `topic "${topic}" was deleted and made anew: what the old one held from offset ${offset} on is gone, and the new one is read from its first message`,
  };
}
