import type { LogSource, LogTraits } from "./log-source.ts";
import type { QueueSource, QueueTraits } from "./queue-source.ts";

/** What any source can do. */
export type SourceTraits = LogTraits | QueueTraits;

/** Any source: a log or a queue. */
export type Source<T> = LogSource<T> | QueueSource<T>;
