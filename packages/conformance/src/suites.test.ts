import { expect, test } from "vitest";
import { checkpointStoreSuite, leaseStoreSuite, logSourceSuite, queueSourceSuite, sinkSuite } from "./index.ts";

const suites = [logSourceSuite, queueSourceSuite, sinkSuite, checkpointStoreSuite, leaseStoreSuite];

test.each(suites)("the cases of the $name suite have names of their own and say what they prove", ({ cases }) => {
  const named = cases.map(({ name }) => name);
  expect(named.filter((name, index) => named.indexOf(name) !== index)).toEqual([]);
  expect(cases.filter(({ proves }) => !/^\w.{20,}\.$/.test(proves)).map(({ name }) => name)).toEqual([]);
});

test("there are more than a hundred and fifty cases", () => {
  expect(suites.reduce((count, { cases }) => count + cases.length, 0)).toBeGreaterThan(150);
});
