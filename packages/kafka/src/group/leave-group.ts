import { hasCode, type CallOptions } from "@spillway/spec";
import type { KafkaPort } from "../client/kafka-port.ts";
import type { Coordinator } from "./coordinator.ts";

/** Tells the group that a member leaves, so that its partitions go to others at once; a member that cannot is missed after the session timeout. */
export async function leaveGroup(
  { port, coordinator, warn }: { readonly port: KafkaPort; readonly coordinator: Coordinator; readonly warn: (message: string) => void },
  groupId: string,
  memberId: string,
  options: CallOptions,
): Promise<void> {
  try {
    await coordinator.call((broker) => port.leaveGroup(broker, groupId, memberId, options), options);
  } catch (error) {
    // The group had given this member up already: then it has left.
    if (!hasCode(error, "SPILLWAY_KAFKA_GROUP")) warn(`Group ${groupId} could not be left in good order: ${String(error)}`);
  }
}
