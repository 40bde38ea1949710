export { runScenario, type RunFacts, type RunResult } from "./run-scenario.ts";
