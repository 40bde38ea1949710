export { localClientConfig, type LocalClientConfig } from "./client-config.ts";
export { startDynalite } from "./dynalite-server.ts";
export { anyFault, faultsInTurn, noFaults, seededFaults, type FakeCall, type Fault, type Faults } from "./fault.ts";
export { startFaultProxy } from "./fault-proxy.ts";
export type { JsonServer } from "./json-server.ts";
export { seededRandom } from "./seeded-random.ts";
