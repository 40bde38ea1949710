import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import type { TransactionPart, WriteCondition } from "./table-write.ts";
import { requestToken, transactionResult } from "./write-transaction.ts";

const part = (whenRefused?: WriteCondition["whenRefused"]): TransactionPart => ({
  put: { id: { S: "a" } },
  ...(whenRefused && { onlyIf: { expression: "attribute_not_exists(id)", whenRefused } }),
});
const cancelled = (...codes: readonly string[]): TransactionCanceledException =>
  new TransactionCanceledException({
    message: "Transaction cancelled",
    $metadata: {},
    CancellationReasons: codes.map((Code) => (Code === "None" ? { Code } : { Code, Message: `because of ${Code}` })),
  });
const resultOf = (parts: readonly TransactionPart[], ...codes: readonly string[]) =>
  transactionResult(cancelled(...codes), parts, "orders");

describe("a cancelled transaction", () => {
  test.each([
    ["TransactionConflict", "SPILLWAY_DYNAMODB_FAILED", "transient"],
    ["ProvisionedThroughputExceeded", "SPILLWAY_DYNAMODB_FAILED", "transient"],
    ["ThrottlingError", "SPILLWAY_DYNAMODB_FAILED", "transient"],
    ["SomethingNew", "SPILLWAY_DYNAMODB_FAILED", "transient"],
    ["ConditionalCheckFailed", "SPILLWAY_CONDITION_REFUSED", "permanent"],
    ["ValidationError", "SPILLWAY_ITEM_INVALID", "permanent"],
    ["ItemCollectionSizeLimitExceeded", "SPILLWAY_ITEM_INVALID", "permanent"],
  ])("by %s fails its message with %s, as %s, and names the part", (reason, code, failureClass) => {
    const result = resultOf([part("fail"), part("fail")], "None", reason);
    expect(result).toMatchObject({ ok: false, error: { code, failureClass, cause: { name: "TransactionCanceledException" } } });
    expect(result.ok ? "" : result.error.message).toContain(`because of ${reason}`);
  });

  test("without a permission rejects the write: nothing can be written", () => {
    expect(() => resultOf([part()], "AccessDenied")).toThrow(expect.objectContaining({ failureClass: "fatal" }));
  });

  test("succeeds where every refusal was foreseen, because the table is as it should be", () => {
    expect(resultOf([part("succeed"), part()], "ConditionalCheckFailed", "None")).toEqual({ ok: true });
  });

  test.each([
    ["another refusal that was not", [part("succeed"), part("fail")], ["ConditionalCheckFailed", "ConditionalCheckFailed"], "permanent"],
    ["a conflict", [part("succeed"), part()], ["ConditionalCheckFailed", "TransactionConflict"], "transient"],
    ["no reason at all", [part("succeed")], [], "transient"],
  ] as const)("does not succeed by a foreseen refusal beside %s", (_name, parts, codes, failureClass) => {
    expect(resultOf(parts, ...codes)).toMatchObject({ ok: false, error: { failureClass } });
  });

  test("whose item is too large says so", () => {
    const error = new TransactionCanceledException({
      message: "",
      $metadata: {},
      CancellationReasons: [{ Code: "ValidationError", Message: "Item size has exceeded the maximum allowed size" }],
    });
    expect(transactionResult(error, [part()], "orders")).toMatchObject({ ok: false, error: { code: "SPILLWAY_OVERSIZE" } });
  });
});

describe("a request token", () => {
  const items = (id: string) => [{ Put: { TableName: "orders", Item: { id: { S: id }, bytes: { B: Uint8Array.of(1) } } } }];

  test("is the same for the same writes of a message, and has at most 36 characters", () => {
    const token = requestToken("message-1", items("a"));
    expect(requestToken("message-1", items("a"))).toBe(token);
    expect(token.length).toBe(36);
  });

  test("is another for another message, for other writes of it, and each time where the message has no name", () => {
    const tokens = [
      requestToken("message-1", items("a")),
      requestToken("message-2", items("a")),
      requestToken("message-1", items("b")),
      requestToken(undefined, items("a")),
      requestToken(undefined, items("a")),
    ];
    expect(new Set(tokens).size).toBe(tokens.length);
  });
});
