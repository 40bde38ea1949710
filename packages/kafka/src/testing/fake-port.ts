import type { KafkaPort } from "../client/kafka-port.ts";

/** A port that makes these calls, and that no other call may be made of. */
export function fakePort(calls: Partial<KafkaPort>): KafkaPort {
  return {
    metadata: unused,
    fetch: unused,
    listOffsets: unused,
    coordinator: unused,
    joinGroup: unused,
    syncGroup: unused,
    heartbeat: unused,
    leaveGroup: unused,
    commit: unused,
    committed: unused,
    initProducerId: unused,
    initTransactions: unused,
    addPartitions: unused,
    addOffsets: unused,
    commitInTransaction: unused,
    commitTransaction: unused,
    produce: unused,
    keepAlive: unused,
    close: unused,
    ...calls,
  };
}

/** What nobody may call in a test. */
export function unused(): never {
  throw new Error("It is not asked for.");
}
