import { EventStreamCodec } from "@smithy/eventstream-codec";
import { fromUtf8, toUtf8 } from "@smithy/util-utf8";
import type { FakeRecord, FakeStream } from "./fake-stream.ts";
import type { FakeResponse } from "./local-listener.ts";

/** How one subscription misbehaves: after so many events, something happens. */
export interface SubscriptionScript {
  readonly afterEvents: number;
  readonly fate: /** The server ends the stream in order, as it does after five minutes. */
    | { readonly kind: "end" }
    /** The connection breaks. */
    | { readonly kind: "reset" }
    /** Nothing more comes; the connection stays open. */
    | { readonly kind: "silence" }
    /** An exception is sent within the stream. */
    | { readonly kind: "exception"; readonly type: string };
}

const codec = new EventStreamCodec(toUtf8, fromUtf8);
const recordsPerEvent = 100;
const idleEventMs = 20;

/** Serves one SubscribeToShard: an initial response, then events with records as they come, until the shard or the script ends it. */
export function streamEvents(options: {
  readonly stream: FakeStream;
  readonly shardId: string;
  readonly from: bigint;
  readonly response: FakeResponse;
  readonly script: SubscriptionScript | undefined;
  readonly describeRecord: (record: FakeRecord) => object;
  readonly childrenOf: (shardId: string) => object[];
  readonly nowMs: () => number;
  /** Called for each event, when it is written. */
  readonly onEvent: () => void;
}): void {
  const { stream, shardId, response, script, describeRecord, childrenOf, nowMs, onEvent } = options;
  let from = options.from;
  let events = 0;
  let timer: NodeJS.Timeout | undefined;
  response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
  response.write(frame("initial-response", {}));
  response.onClosed(() => clearTimeout(timer));
  next();

  function next(): void {
    if (script !== undefined && events >= script.afterEvents) return misbehave(script.fate);
    const shard = stream.shards().find(({ id }) => id === shardId);
    const waiting = shard?.records.filter(({ sequenceNumber }) => sequenceNumber >= from) ?? [];
    const records = waiting.slice(0, recordsPerEvent);
    const last = records.at(-1);
    if (last !== undefined) from = last.sequenceNumber + 1n;
    const left = waiting[records.length];
    const ended = shard?.closed === true && left === undefined;
    const event = {
      Records: records.map(describeRecord),
      MillisBehindLatest: left === undefined ? 0 : Math.max(1, nowMs() - left.arrivedAtMs),
      // A number that no record has: what comes next is after it.
      ...(ended ? { ChildShards: childrenOf(shardId) } : { ContinuationSequenceNumber: String(from === 0n ? firstNumber() : from - 1n) }),
    };
    events += 1;
    onEvent();
    const flows = response.write(frame("SubscribeToShardEvent", event));
    if (ended) response.end();
    else if (!flows) response.onceDrained(next);
    else timer = setTimeout(next, records.length > 0 ? 0 : idleEventMs);
  }

  function firstNumber(): bigint {
    return stream.shard(shardId).startingSequenceNumber;
  }

  function misbehave(fate: SubscriptionScript["fate"]): void {
    if (fate.kind === "end") response.end();
    if (fate.kind === "reset") response.destroy();
    if (fate.kind === "exception") {
      response.write(frame(fate.type, { message: "asked for by the test" }, "exception"));
      response.end();
    }
  }
}

function frame(type: string, body: object, kind: "event" | "exception" = "event"): Uint8Array {
  return codec.encode({
    headers: {
      ":message-type": { type: "string", value: kind },
      [kind === "event" ? ":event-type" : ":exception-type"]: { type: "string", value: type },
      ":content-type": { type: "string", value: "application/json" },
    },
    body: Buffer.from(JSON.stringify(body)),
  });
}
