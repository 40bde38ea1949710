import { describe, expect, test } from "vitest";
import { SpillwayError } from "@spillway/spec";
import { sqsError } from "./sqs-error.ts";

function sdkError(name: string, status?: number): Error {
  return Object.assign(new Error("why"), { name, $metadata: { httpStatusCode: status } });
}

function classOf(name: string, status?: number): string {
  const { code, failureClass } = sqsError(sdkError(name, status), "ReceiveMessage", "https://queue");
  return `${code} ${failureClass}`;
}

describe("errors of the SDK", () => {
  test("what will not pass by itself is fatal", () => {
    expect(classOf("QueueDoesNotExist")).toBe("SPILLWAY_SQS_QUEUE_MISSING fatal");
    expect(classOf("AWS.SimpleQueueService.NonExistentQueue")).toBe("SPILLWAY_SQS_QUEUE_MISSING fatal");
    expect(classOf("AccessDeniedException")).toBe("SPILLWAY_SQS_ACCESS_DENIED fatal");
    expect(classOf("com.amazonaws.sqs#KmsAccessDenied")).toBe("SPILLWAY_SQS_ACCESS_DENIED fatal");
    expect(classOf("SomethingNew", 403)).toBe("SPILLWAY_SQS_ACCESS_DENIED fatal");
    expect(classOf("InvalidClientTokenId", 403)).toBe("SPILLWAY_SQS_CREDENTIALS fatal");
    expect(classOf("CredentialsProviderError")).toBe("SPILLWAY_SQS_CREDENTIALS fatal");
    expect(classOf("KmsDisabled")).toBe("SPILLWAY_SQS_KEY_UNUSABLE fatal");
  });

  test("what may pass is transient", () => {
    expect(classOf("RequestThrottled", 403)).toBe("SPILLWAY_SQS_THROTTLED transient");
    expect(classOf("SomethingNew", 429)).toBe("SPILLWAY_SQS_THROTTLED transient");
    expect(classOf("ServiceUnavailable", 503)).toBe("SPILLWAY_SQS_UNAVAILABLE transient");
    expect(classOf("OverLimit", 403)).toBe("SPILLWAY_SQS_IN_FLIGHT_LIMIT transient");
    expect(classOf("ExpiredTokenException", 403)).toBe("SPILLWAY_SQS_CREDENTIALS transient");
    expect(classOf("TimeoutError")).toBe("SPILLWAY_SQS_UNAVAILABLE transient");
  });

  test("the message names the call, the queue, the reason and what to do; the cause is kept", () => {
    const cause = sdkError("AccessDeniedException");
    const error = sqsError(cause, "DeleteMessageBatch", "https://queue");
    expect(error.message).toContain("DeleteMessageBatch on https://queue failed: AccessDeniedException: why");
    expect(error.message).toContain("Allow this action");
    expect(error.cause).toBe(cause);
  });

  test("an error of ours stays as it is, and what is no error is no surprise", () => {
    const ours = new SpillwayError("x", { code: "SPILLWAY_SQS_TIMEOUT" });
    expect(sqsError(ours, "ReceiveMessage", "q")).toBe(ours);
    expect(sqsError("text", "ReceiveMessage", "q").message).toContain("text");
  });
});
