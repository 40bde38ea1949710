/** Something that happens at an instant of a run, in milliseconds from its beginning. Numbers choose among what there is then. */
export type Disaster =
  /** A worker's process dies. */
  | { readonly kind: "crash"; readonly atMs: number; readonly worker: number }
  /** A worker's process is told to stop, as a deploy does; another one follows. */
  | { readonly kind: "stop"; readonly atMs: number; readonly worker: number }
  /** A worker reaches nothing for a while. */
  | { readonly kind: "cut"; readonly atMs: number; readonly worker: number; readonly forMs: number }
  /** A worker's wall clock is set. */
  | { readonly kind: "jump"; readonly atMs: number; readonly worker: number; readonly byMs: number }
  /** A worker is short of memory for a while: whatever works on more messages at once than that fails, as too much. */
  | { readonly kind: "pressure"; readonly atMs: number; readonly worker: number; readonly forMs: number; readonly most: number }
  /** A lease is given to somebody who does nothing with it. */
  | { readonly kind: "steal"; readonly atMs: number; readonly number: number }
  /** A partition is split in two. */
  | { readonly kind: "split"; readonly atMs: number; readonly number: number }
  /** Two partitions become one. */
  | { readonly kind: "merge"; readonly atMs: number; readonly number: number }
  /** The log drops the oldest messages of a partition, read or not. */
  | { readonly kind: "trim"; readonly atMs: number; readonly number: number }
  /** Somebody clears the keys that dead letters block, in every worker. */
  | { readonly kind: "clear"; readonly atMs: number }
  /** All workers stop, the consumer is rewound to the beginning, and all start again. */
  | { readonly kind: "rewind"; readonly atMs: number };
