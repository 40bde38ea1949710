import type { CheckpointStore, LeaseStore } from "@spillway/spec";
import { memoryCheckpoints } from "./memory-checkpoints.ts";
import { memoryLeases } from "./memory-leases.ts";

/** Where the sources of one or many consumers keep their checkpoints and leases. */
export interface MemoryStores {
  readonly checkpoints: CheckpointStore;
  readonly leases: LeaseStore;
}

/** Makes empty stores; share them between sources that share the work, or between runs that go on from one another. */
export function memoryStores(): MemoryStores {
  return { checkpoints: memoryCheckpoints(), leases: memoryLeases() };
}
