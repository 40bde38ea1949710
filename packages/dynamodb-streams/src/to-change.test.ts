import type { AttributeValue, _Record } from "@aws-sdk/client-dynamodb-streams";
import { expect, expectTypeOf, test } from "vitest";
import type { Change, Insert, Modify, Remove } from "./change.ts";
import { originalRecord } from "./original-record.ts";
import type { Item } from "./stream-item.ts";
import { toChange } from "./to-change.ts";

const keys = { id: { S: "a" } };
const record = (eventName: string, more: object = {}, identity?: object): _Record => ({
  eventID: "event-1",
  eventName: eventName as "INSERT",
  dynamodb: { Keys: keys, SequenceNumber: "100", ApproximateCreationDateTime: new Date(1_700_000_000_000), ...more },
  ...(identity !== undefined && { userIdentity: identity }),
});

test("a change has the images of its kind and view, and no others", () => {
  const images = { NewImage: { n: { N: "2" } }, OldImage: { n: { N: "1" } } };
  expect({ ...toChange(record("INSERT", images), "NEW_AND_OLD_IMAGES") }).toEqual({
    kind: "insert",
    keys: { id: "a" },
    newImage: { n: 2 },
  });
  expect({ ...toChange(record("MODIFY", images), "NEW_AND_OLD_IMAGES") }).toEqual({
    kind: "modify",
    keys: { id: "a" },
    newImage: { n: 2 },
    oldImage: { n: 1 },
  });
  expect({ ...toChange(record("REMOVE", images), "NEW_AND_OLD_IMAGES") }).toEqual({
    kind: "remove",
    by: "user",
    keys: { id: "a" },
    oldImage: { n: 1 },
  });
  expect({ ...toChange(record("MODIFY", images), "NEW_IMAGE") }).toEqual({ kind: "modify", keys: { id: "a" }, newImage: { n: 2 } });
  expect({ ...toChange(record("MODIFY", images), "OLD_IMAGE") }).toEqual({ kind: "modify", keys: { id: "a" }, oldImage: { n: 1 } });
  expect({ ...toChange(record("MODIFY", images), "KEYS_ONLY") }).toEqual({ kind: "modify", keys: { id: "a" } });
});

test("a removal by time to live is told from one by somebody", () => {
  const identity = { Type: "Service", PrincipalId: "dynamodb.amazonaws.com" };
  expect(toChange(record("REMOVE", {}, identity), "KEYS_ONLY")).toMatchObject({ kind: "remove", by: "time-to-live" });
  expect(toChange(record("REMOVE"), "KEYS_ONLY")).toMatchObject({ kind: "remove", by: "user" });
});

test("an image that the view does not hold does not compile", () => {
  const insertAndRemove = (change: Change<"NEW_AND_OLD_IMAGES">): Item => (change.kind === "remove" ? change.oldImage : change.newImage);
  expectTypeOf(insertAndRemove).returns.toEqualTypeOf<Item>();
  expectTypeOf<Insert<"NEW_AND_OLD_IMAGES">>().not.toHaveProperty("oldImage");
  expectTypeOf<Modify<"NEW_AND_OLD_IMAGES">>().toHaveProperty("oldImage");
  expectTypeOf<Modify<"NEW_IMAGE">>().not.toHaveProperty("oldImage");
  expectTypeOf<Modify<"OLD_IMAGE">>().not.toHaveProperty("newImage");
  expectTypeOf<Remove<"NEW_IMAGE">>().not.toHaveProperty("newImage");
  expectTypeOf<Modify<"KEYS_ONLY">>().not.toHaveProperty("newImage");
  expect(insertAndRemove(toChange(record("INSERT", { NewImage: keys }), "NEW_AND_OLD_IMAGES"))).toEqual({ id: "a" });
});

test("every type of attribute comes through", () => {
  const image: Record<string, AttributeValue> = {
    text: { S: "t" },
    big: { N: "9007199254740993" },
    bytes: { B: Uint8Array.of(1, 2) },
    yes: { BOOL: true },
    nothing: { NULL: true },
    list: { L: [{ N: "1" }, { M: { deep: { S: "d" } } }] },
    texts: { SS: ["a", "b"] },
    numbers: { NS: ["1", "0.12345678901234567891"] },
    binaries: { BS: [Uint8Array.of(3)] },
    __proto: { S: "p" },
  };
  const change = toChange(record("INSERT", { NewImage: image }), "NEW_IMAGE");
  expect(change.kind === "insert" && change.newImage).toEqual({
    text: "t",
    big: 9_007_199_254_740_993n,
    bytes: Uint8Array.of(1, 2),
    yes: true,
    nothing: null,
    list: [1, { deep: "d" }],
    texts: new Set(["a", "b"]),
    numbers: new Set([1, { decimal: "0.12345678901234567891" }]),
    binaries: [Uint8Array.of(3)],
    __proto: "p",
  });
});

test("an attribute named like the prototype is an attribute", () => {
  const image = JSON.parse('{"__proto__":{"S":"x"}}') as Record<string, AttributeValue>;
  const change = toChange(record("INSERT", { NewImage: image }), "NEW_IMAGE");
  if (change.kind !== "insert") throw new Error("not an insert");
  expect(Object.entries(change.newImage)).toEqual([["__proto__", "x"]]);
  expect(Object.getPrototypeOf(change.newImage)).toBe(Object.prototype);
});

test("an image that cannot be read is the failure of who asks for it, as permanent", () => {
  const strange = { $unknown: ["Z", 1] } as unknown as AttributeValue;
  const change = toChange(record("MODIFY", { NewImage: { a: strange } }), "NEW_AND_OLD_IMAGES");
  if (change.kind !== "modify") throw new Error("not a modification");
  expect(change.keys).toEqual({ id: "a" });
  const failure = expect.objectContaining({ code: "SPILLWAY_DECODE_FAILED", failureClass: "permanent" }) as Error;
  expect(() => change.newImage).toThrow(failure);
  expect(() => change.oldImage).toThrow(failure);
});

test("the original is the record as a Lambda event has it, with every digit", () => {
  const image = { n: { N: "12345678901234567890123456789012345678" }, b: { B: Uint8Array.of(255) } };
  const bytes = originalRecord(record("REMOVE", { OldImage: image }, { Type: "Service", PrincipalId: "dynamodb.amazonaws.com" }));
  expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({
    eventID: "event-1",
    eventName: "REMOVE",
    dynamodb: {
      ApproximateCreationDateTime: 1_700_000_000,
      Keys: keys,
      SequenceNumber: "100",
      OldImage: { n: { N: "12345678901234567890123456789012345678" }, b: { B: "/w==" } },
    },
    userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" },
  });
});
