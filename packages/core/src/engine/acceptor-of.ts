import type { Acceptor } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** A link of the chain that does the same with every delivery. */
export function acceptorOf(accept: (delivery: TrackedDelivery) => void): Acceptor {
  return new Link(accept);
}

class Link implements Acceptor {
  readonly open: Acceptor = this;
  readonly accept: (delivery: TrackedDelivery) => void;

  constructor(accept: (delivery: TrackedDelivery) => void) {
    this.accept = accept;
  }
}
