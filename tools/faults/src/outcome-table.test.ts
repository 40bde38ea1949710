import { expect, test } from "vitest";
import { outcomeTable } from "./outcome-table.ts";

test("each run is a row, and the table fits a terminal of 100 columns", () => {
  const outcome = { acknowledged: 123_456, stored: 123_416, lost: 60, duplicates: 20 };
  const lines = outcomeTable([{ name: "kafkajs, idempotent", isOurs: false, run: 2, outcome }]).split("\n");
  expect(lines.find((line) => line.includes("idempotent"))).toMatch(/kafkajs, idempotent\D+2\D+123,456\D+123,416\D+60\D+20\D+$/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});
