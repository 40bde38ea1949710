import { z } from "zod";

/** What the orders' messages hold. */
export const Order = z.object({ id: z.string(), customer: z.string(), card: z.string() });

/** One order. */
export type Order = z.infer<typeof Order>;

/** What was charged for an order. */
export interface Receipt {
  readonly orderId: string;
  readonly customer: string;
  readonly charge: string;
}
