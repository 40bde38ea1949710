import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Attempting, Checkpoint, Position } from "@spillway/spec";
import { checkFormat, damaged, listOf, startOf, startToAttribute, textOf, textsOf, type Item } from "./attributes.ts";

/** What `done` may take of an item: DynamoDB's bound is 400 KB for the whole item, of which the notes may take 96 KB. */
export const maxDoneBytes: number = 256 * 1024;

/** The most notes, of 1,024 characters each, which are up to three bytes each. */
export const maxNotes = 32;

/** What an element of a list costs beside its text, in bytes, by DynamoDB's rules of item size. */
const elementBytes = 1;

/** A checkpoint's attributes, `done` cut to what an item can hold: the earliest positions stay, what is cut is only run again. */
export function checkpointToAttributes(checkpoint: Checkpoint, maxDone: number): Record<string, AttributeValue> {
  if (checkpoint.state === "finished") return { state: { S: "finished" } };
  return {
    state: { S: "reading" },
    from: startToAttribute(checkpoint.from),
    done: listOf(thatFit(checkpoint.done, maxDone)),
    ...(checkpoint.notes && { notes: listOf(checkpoint.notes.slice(0, maxNotes)) }),
    ...(checkpoint.attempting && { attempting: attemptingToAttribute(checkpoint.attempting) }),
  };
}

/** The checkpoint in an item; undefined when the item only holds the fence so far. */
export function checkpointOf(item: Item): Checkpoint | undefined {
  checkFormat(item);
  if (item.state === undefined) return undefined;
  const state = textOf(item, "state");
  if (state === "finished") return { state };
  if (state !== "reading") throw damaged(item, `its state is ${state}`);
  const reading = {
    state,
    from: startOf(item, "from"),
    done: textsOf(item, "done") as readonly Position[],
    attempting: attemptingOf(item),
  } as const;
  return item.notes === undefined ? reading : { ...reading, notes: textsOf(item, "notes") };
}

function thatFit(done: readonly Position[], maxDone: number): readonly Position[] {
  let bytes = 0;
  let count = 0;
  for (const position of done) {
    bytes += Buffer.byteLength(position) + elementBytes;
    if (count === maxDone || bytes > maxDoneBytes) break;
    count += 1;
  }
  return count === done.length ? done : done.slice(0, count);
}

function attemptingToAttribute({ position, crashes }: Attempting): AttributeValue {
  return { M: { position: { S: position }, crashes: { N: String(crashes) } } };
}

function attemptingOf(item: Item): Attempting | undefined {
  if (item.attempting === undefined) return undefined;
  const position = item.attempting.M?.position?.S;
  const crashes = Number(item.attempting.M?.crashes?.N ?? Number.NaN);
  if (position === undefined || !Number.isSafeInteger(crashes)) throw damaged(item, "attribute attempting is not an attempt");
  return { position: position as Position, crashes };
}
