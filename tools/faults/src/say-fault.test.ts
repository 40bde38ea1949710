import { expect, test } from "vitest";
import { sayFault } from "./say-fault.ts";

test("a fault says what is broken and what happens, without the numbers of traps", () => {
  expect(
    sayFault("packages/kafka/src/faults.server.test.ts", ["three brokers", "T17 T20: a coordinator that is killed is found again"]),
  ).toBe("Kafka: three brokers: a coordinator that is killed is found again");
});

test("what is broken is not said twice", () => {
  expect(sayFault("tools/sqs-proofs/src/service-faults.server.test.ts", ["SQS behind a faulty service", "nothing is lost"])).toBe(
    "SQS behind a faulty service: nothing is lost",
  );
});

test("a test that no suite names stands under its file", () => {
  expect(sayFault("packages/core/src/other.test.ts", ["G12: it holds"])).toBe("packages/core/src/other.test.ts: it holds");
});
