import type { LogMessage, LogSource, Payload } from "@spillway/spec";
import { askMs } from "./server-backend.ts";

/** Reads what a log holds, to the first page of each partition with nothing in it, without a consumer: nobody's checkpoint moves. */
export async function* readToEnd(source: LogSource<Payload>): AsyncIterable<LogMessage<Payload>> {
  const signal = AbortSignal.timeout(askMs);
  for (const { id } of await source.partitions({ signal })) {
    for await (const { messages, behindMs = 0 } of source.read(id, { from: { at: "earliest" }, signal })) {
      if (messages.length === 0 && behindMs === 0) break;
      yield* messages;
    }
  }
}
