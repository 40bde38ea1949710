/** Which children of an unsettled message were done: all below a number, and some beyond. */
export interface DoneChildren {
  readonly below: number;
  readonly beyond: readonly number[];
}

/** The same as noted, with the version of the pipeline that numbered them. */
export interface NotedChildren extends DoneChildren {
  readonly version: string;
}

/** What a checkpoint's notes say. */
export interface Notes {
  /** Keys whose messages go to the dead letters until they are cleared. */
  readonly keys: readonly string[];
  /** By the position of the message that they are children of. */
  readonly children: ReadonlyMap<string, NotedChildren>;
}

const maxCharacters = 1_024;

/** The note of a blocked key. */
export function noteOfKey(key: string): string {
  return JSON.stringify(["key", key]);
}

/** The note of a message's children; with as many of those beyond as fit. */
export function noteOfChildren(position: string, { below, beyond, version }: NotedChildren): string {
  let kept = beyond;
  for (;;) {
    const note = JSON.stringify(["children", position, version, below, kept]);
    if (note.length <= maxCharacters || kept.length === 0) return note;
    kept = kept.slice(0, Math.floor(kept.length / 2));
  }
}

/** Reads notes; what another version has written is passed over, which means work done again and never work left out. */
export function readNotes(notes: readonly string[]): Notes {
  const keys: string[] = [];
  const children = new Map<string, NotedChildren>();
  for (const note of notes) {
    const [kind, name, version, below, beyond] = parse(note);
    if (typeof name !== "string") continue;
    if (kind === "key") keys.push(name);
    else if (kind === "children" && typeof version === "string" && isCount(below) && Array.isArray(beyond)) {
      children.set(name, { version, below, beyond: beyond.filter(isCount) });
    }
  }
  return { keys, children };
}

/** Whether a note about this key is short enough to be kept. */
export function canNoteKey(key: string): boolean {
  return noteOfKey(key).length <= maxCharacters;
}

function parse(note: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(note);
    return Array.isArray(value) ? (value as readonly unknown[]) : [];
  } catch {
    return [];
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
