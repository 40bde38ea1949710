import type { Measured } from "./bar.ts";
import { prices, scenarios } from "./scenarios.ts";

/** Measures one scenario in this process and sends its answers to the parent. */
const scenario = { ...scenarios, ...prices }[process.argv[2] ?? ""];
if (scenario === undefined || process.send === undefined) {
  console.error("This file is started by cli.js, with the name of a scenario.");
  process.exit(2);
}
const answers: readonly Measured[] = await scenario.measure();
process.send(answers, undefined, undefined, () => process.exit(0));
