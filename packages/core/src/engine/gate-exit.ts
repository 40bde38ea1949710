import { acceptorOf } from "./acceptor-of.ts";
import type { Gate } from "./gate.ts";
import { leave } from "./leave.ts";
import type { Acceptor } from "./stage.ts";

/** Lets deliveries out of the gate where no handler does: before stages that keep lanes themselves, and before a user's own operators. */
export function gateExit(gate: Gate, next: Acceptor): Acceptor {
  return acceptorOf((delivery) => {
    if (delivery.mark?.kind === "failed" || delivery.holder !== gate) next.accept(delivery);
    else leave(delivery, gate, next);
  });
}
