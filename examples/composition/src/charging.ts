import { handles } from "@spillway/container";
import type { HandleContext } from "@spillway/core";
import { injectable } from "tsyringe";
import type { Order, Receipt } from "./order.ts";

/** The card was refused, and always will be. */
export class CardDeclined extends Error {}

/** Charges cards; the real one calls a payment service. */
@injectable()
export class Gateway {
  private readonly failures = new Map<string, number>();

  async charge({ id, card }: Order): Promise<string> {
    if (card === "declined") throw new CardDeclined(`the card of order ${id} is declined`);
    // A service that is there again at the second attempt.
    const failures = this.failures.get(id) ?? 0;
    this.failures.set(id, failures + 1);
    if (card === "flaky" && failures === 0) throw new Error(`the payment service did not answer for order ${id}`);
    return `charge-of-${id}`;
  }
}

/** Handles orders. */
@injectable()
export class Charging {
  private readonly gateway: Gateway;

  constructor(gateway: Gateway) {
    this.gateway = gateway;
  }

  @handles({ concurrency: 16, timeoutMs: 30_000 })
  async charge(order: Order, _context: HandleContext): Promise<Receipt> {
    return { orderId: order.id, customer: order.customer, charge: await this.gateway.charge(order) };
  }
}
