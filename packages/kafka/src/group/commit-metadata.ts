import { decodeOffsets, encodeOffsets } from "./offset-set.ts";

/** What is written beside a committed offset. */
export interface CommitMetadata {
  /** The topic whose offset it is, of all that have had this name; undefined: not known. */
  readonly topicId: string | undefined;
  /** Whether a process holds the partition; a partition found held was left by a crash. */
  readonly held: boolean;
  /** Whether no checkpoint has been saved yet: the offset then only says where to begin. */
  readonly fresh: boolean;
  /** Offsets beyond the committed one that are done, ascending. */
  readonly done: readonly number[];
  /** The message whose attempt was about to start. */
  readonly attempting: { readonly offset: number; readonly crashes: number } | undefined;
}

/** What was found beside a committed offset. "foreign": another program's text, or a version that is not known, or damage. */
export type FoundMetadata = { readonly origin: "own"; readonly metadata: CommitMetadata } | { readonly origin: "none" | "foreign" };

// The broker's default offset.metadata.max.bytes; it counts UTF-16 units, and the format is ASCII.
const maxLength = 4_096;
const prefix = "spillway/1";

/** Writes the metadata; the last done offsets are left out where it would be too long, which means replay and never loss. */
export function encodeMetadata(base: number, { topicId, held, fresh, done, attempting }: CommitMetadata): string {
  const head = [
    prefix,
    held ? "held" : "free",
    ...(fresh ? ["new"] : []),
    ...(topicId === undefined ? [] : [`t=${topicId}`]),
    ...(attempting === undefined ? [] : [`a=${attempting.offset - base}.${attempting.crashes}`]),
  ].join(" ");
  let offsets = encodeOffsets(base, done);
  // maxDistance makes any set fit; this holds if somebody changes one without the other.
  for (let count = done.length; head.length + offsets.length + 3 > maxLength && count > 0; ) {
    count >>= 1;
    offsets = encodeOffsets(base, done.slice(0, count));
  }
  return offsets === "" ? head : `${head} d=${offsets}`;
}

/** Reads what is beside a committed offset. */
export function decodeMetadata(base: number, text: string): FoundMetadata {
  if (text === "") return { origin: "none" };
  const [version, state, ...fields] = text.split(" ");
  if (version !== prefix || (state !== "held" && state !== "free")) return { origin: "foreign" };
  let done: readonly number[] | undefined = [];
  let attempting: CommitMetadata["attempting"];
  let fresh = false;
  let topicId: string | undefined;
  for (const field of fields) {
    const value = field.slice(2);
    if (field === "new") fresh = true;
    else if (/^t=[\w-]{22}$/.test(field)) topicId = value;
    else if (field.startsWith("d=")) done = decodeOffsets(base, value);
    else if (/^a=\d+\.\d+$/.test(field)) {
      const [distance, crashes] = value.split(".").map(Number);
      attempting = { offset: base + (distance ?? 0), crashes: crashes ?? 0 };
    } else return { origin: "foreign" };
  }
  return done === undefined
    ? { origin: "foreign" }
    : { origin: "own", metadata: { topicId, held: state === "held", fresh, done, attempting } };
}
