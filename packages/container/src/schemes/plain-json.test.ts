import { expect, test } from "vitest";
import { plainJson } from "./plain-json.ts";

test("every type of DynamoDB's has a plain form, and numbers keep their digits", () => {
  const json = plainJson({
    text: { S: 'a "quoted" text' },
    number: { N: "12345678901234567890.5" },
    bytes: { B: "AAE=" },
    yes: { BOOL: true },
    nothing: { NULL: true },
    texts: { SS: ["a", "b"] },
    numbers: { NS: ["1", "22345678901234567890"] },
    binaries: { BS: ["AAE="] },
    list: { L: [{ N: "1" }, { M: { deep: { S: "x" } } }] },
    empty: { M: {} },
  });
  expect(json).toBe(
    '{"text":"a \\"quoted\\" text","number":12345678901234567890.5,"bytes":"AAE=","yes":true,"nothing":null,"texts":["a","b"],' +
      '"numbers":[1,22345678901234567890],"binaries":["AAE="],"list":[1,{"deep":"x"}],"empty":{}}',
  );
});

test("a type of a later time is passed on as it came", () => {
  expect(plainJson({ odd: { X: "1" } })).toBe('{"odd":{"X":"1"}}');
});
