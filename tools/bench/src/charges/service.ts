import { NextTurn } from "../next-turn.ts";
import type { OrderCheck } from "../order-check.ts";
import { failsOnce, neverWorks, type Order } from "./order.ts";

/** What the service throws when a call can never work. */
export class Declined extends Error {}

/** Stands for a remote service: all calls of one turn of the event loop are answered in the next, and some fail. */
export class Service {
  private readonly turn = new NextTurn();
  private readonly check: OrderCheck;

  constructor(check: OrderCheck) {
    this.check = check;
  }

  /** An attempt to charge an order. */
  async charge(order: Order, attempt: number): Promise<void> {
    this.check.begin(order.index);
    await this.turn.wait();
    this.check.end(order.index);
    if (attempt === 1 && failsOnce(order.index)) throw new Error("the service is busy");
    if (neverWorks(order.index)) throw new Declined("the card was declined");
  }
}
