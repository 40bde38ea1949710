import { suites } from "./scenarios.ts";

/** Measures one scenario in this process and sends its answers to the parent. */
const scenario = Object.values(suites)
  .flatMap(({ scenarios }) => Object.entries(scenarios))
  .find(([name]) => name === process.argv[2])?.[1];
if (scenario === undefined || process.send === undefined) {
  console.error("This file is started by cli.js, with the name of a scenario.");
  process.exit(2);
}
const answers = await scenario.measure();
process.send(answers, undefined, undefined, () => process.exit(0));
