import type { LogMessage, LogSource, PartitionId, Payload } from "@spillway/spec";
import { askMs } from "./server-backend.ts";

/** Reads what a log holds, so many messages of each partition, without a consumer: nobody's checkpoint moves. */
export async function* readTopic(source: LogSource<Payload>, appended: ReadonlyMap<string, number>): AsyncIterable<LogMessage<Payload>> {
  for (const [partition, count] of appended) {
    if (count === 0) continue;
    let left = count;
    const stop = AbortSignal.timeout(askMs);
    for await (const { messages } of source.read(partition as PartitionId, { from: { at: "earliest" }, signal: stop })) {
      yield* messages;
      left -= messages.length;
      if (left <= 0) break;
    }
  }
}
