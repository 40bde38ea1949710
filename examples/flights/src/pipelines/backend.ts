import type { LogSource, Payload, QueueSource, Sink } from "@spillway/spec";
import type { InputLog } from "../producer/data-set.ts";
import type { TallyTable } from "./count-once.ts";
import type { BoxOffice, Delays } from "./statistics.ts";

/** The logs that the pipelines write. */
export type OutputLog = "late-departures" | "late-routes" | "catalogue" | "dead-letters";

/** What each pipeline keeps of a key. */
export interface Statistics {
  readonly departures: Delays;
  readonly routes: Delays;
  readonly movies: BoxOffice;
}

/** Where a pipeline's messages come from: a log, or a queue. Either one keeps the messages of a key in order. */
export type InputSource =
  | LogSource<Payload, { readonly kind: "log"; readonly keys: true }>
  | QueueSource<Payload, { readonly kind: "queue"; readonly keys: true }>;

/** What the pipelines stand on. To move them elsewhere, write another one of these: nothing in the pipelines changes. */
export interface Backend {
  source(log: InputLog): InputSource;
  sink(log: OutputLog): Sink<Payload>;
  /** The statistics of one pipeline, by key. */
  table<Log extends InputLog>(log: Log): TallyTable<Statistics[Log]>;
}
