import { notWhat, parseJsonObject, textOf, type JsonInput } from "./parse-json.ts";

/** An event of EventBridge, as its rules deliver it to a queue. */
export interface EventBridgeEvent {
  readonly id: string;
  readonly detailType: string;
  readonly source: string;
  readonly account: string;
  readonly region: string;
  /** Milliseconds since the Unix epoch; EventBridge gives whole seconds. */
  readonly timestampMs: number;
  readonly resources: readonly string[];
  /** Whatever the event's source put there: validate it before use. */
  readonly detail: unknown;
}

const what = "an EventBridge event";

/** The event that EventBridge delivered. Throws SPILLWAY_DECODE_FAILED for anything else, such as a rule's transformed input. */
export function eventBridgeEvent(input: JsonInput): EventBridgeEvent {
  const event = parseJsonObject(input, what);
  if (!("detail" in event)) throw notWhat(what, 'it has no "detail"');
  const { resources } = event;
  return {
    id: textOf(event, "id", what),
    detailType: textOf(event, "detail-type", what),
    source: textOf(event, "source", what),
    account: textOf(event, "account", what),
    region: textOf(event, "region", what),
    timestampMs: Date.parse(textOf(event, "time", what)),
    resources: Array.isArray(resources) ? resources.filter((resource) => typeof resource === "string") : [],
    detail: event.detail,
  };
}
