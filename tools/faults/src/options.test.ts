import { expect, test } from "vitest";
import { faultSuites } from "./fault-suites.ts";
import { help, parseRequest } from "./options.ts";

const all = faultSuites.map(({ name }) => name);

test("without options everything is asked for, the demonstration once", () => {
  expect(parseRequest([])).toEqual({ kind: "faults", runs: 1, suites: all });
});

test("--only takes the demonstration, suites, or both", () => {
  expect(parseRequest(["--only", "rolling-restart", "--runs", "3"])).toEqual({ kind: "faults", runs: 3, suites: [] });
  expect(parseRequest(["--only=sqs"])).toEqual({ kind: "faults", runs: 0, suites: ["sqs"] });
  expect(parseRequest(["--only", "kafka", "--only", "rolling-restart"])).toEqual({ kind: "faults", runs: 1, suites: ["kafka"] });
});

test.each([
  [["--only", "rabbit"], /--only takes rolling-restart, kafka, .* not "rabbit"\./],
  [["--only"], /--only/],
  [["--runs", "0"], /--runs takes a whole number from 1 to 99, not "0"\./],
  [["--runs", "many"], /not "many"\./],
  [["--runs", "2", "--only", "sqs"], /add --only rolling-restart/],
  [["--ony", "kafka"], /--ony/],
  [["kafka"], /kafka/],
])("%j is refused, with what would be understood", (args, why) => {
  expect(parseRequest(args)).toEqual({ kind: "refused", why: expect.stringMatching(why) });
});

test("--help is for a terminal of 80 columns, and names everything that --only takes", () => {
  expect(parseRequest(["--only", "kafka", "--help"])).toEqual({ kind: "help" });
  expect(
    help()
      .split("\n")
      .filter((line) => line.length > 80),
  ).toEqual([]);
  for (const name of all) expect(help()).toContain(name);
});
