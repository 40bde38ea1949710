import { memoryLog, memoryLogSink, memorySource } from "@spillway/memory";
import { z } from "zod";

/** What the READMEs' programs are about. */
export const Order = z.object({ id: z.string(), total: z.number() });
/** An order. */
export type Order = z.infer<typeof Order>;
/** What comes of charging for an order. */
export interface Receipt {
  readonly orderId: string;
}

/** The orders that were charged, by their ids. */
export const charged: string[] = [];

const stop = new AbortController();
/** Aborts when the second order is charged. */
export const signal: AbortSignal = stop.signal;

/** Charges for an order. */
export async function charge(order: Order, whileOpen: AbortSignal): Promise<Receipt> {
  whileOpen.throwIfAborted();
  charged.push(order.id);
  if (charged.length === 2) stop.abort("all orders are charged");
  return { orderId: order.id };
}

const orders = memoryLog({ name: "orders" });
orders.append(
  ['{"id":"a-1","total":12}', "not an order", '{"id":"a-3","total":30}'].map((text) => ({ key: "ada", value: Buffer.from(text) })),
);

/** Three orders, one of which is none. */
export const source = memorySource({ log: orders, consumer: "charges" });

/** Where orders end that cannot be charged. */
export const deadOrders = memoryLog({ name: "orders-dead" });
/** The sink of `deadOrders`. */
export const deadLetters = memoryLogSink({ log: deadOrders });
/** Where changes of a table end that cannot be indexed. */
export const dead = memoryLogSink({ log: memoryLog({ name: "changes-dead" }) });

/** What a customer has ordered for; both as a table of DynamoDB keeps them. */
export interface Total {
  readonly customer: string;
  readonly cents: string;
}

/** An index for searching. */
export const search = {
  put: async (_item: object, whileOpen: AbortSignal): Promise<void> => whileOpen.throwIfAborted(),
  remove: async (_keys: object, whileOpen: AbortSignal): Promise<void> => whileOpen.throwIfAborted(),
};

/** A service that charges cards. */
export class Gateway {
  charge(order: Order, whileOpen: AbortSignal): Promise<Receipt> {
    return charge(order, whileOpen);
  }
}
