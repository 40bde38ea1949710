export { simulate } from "./simulate.ts";
export type { SimulatedMessage, SimulatedWorld, SimulateOptions, SimulationEnd } from "./user/run-user-pipeline.ts";
export type { SimulatedLogSource } from "./backends/log-source.ts";
export type { SimulatedQueueSource } from "./backends/queue-source.ts";
export type { Random } from "./time/random.ts";
