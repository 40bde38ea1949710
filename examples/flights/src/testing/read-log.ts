import { localSource, openLog, type LocalStore } from "@spillway/local";
import type { LogMessage, Payload } from "@spillway/spec";

/** Reads all messages that a log of the store holds. */
export async function readLog(store: LocalStore, log: string): Promise<readonly LogMessage<Payload>[]> {
  const source = localSource({ store, log, consumer: "test" });
  const found: LogMessage<Payload>[] = [];
  for (const { partition, appended } of await (await openLog({ store, log })).state()) {
    let left = appended;
    if (left === 0) continue;
    for await (const { messages } of source.read(partition, { from: { at: "earliest" }, signal: new AbortController().signal })) {
      found.push(...messages);
      left -= messages.length;
      if (left <= 0) break;
    }
  }
  return found;
}
