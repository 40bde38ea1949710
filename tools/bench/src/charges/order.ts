/** What the messages of the end-to-end workload hold. */
export interface Order {
  readonly index: number;
}

const sizeBytes = 289;

/** One order as JSON, always of the same size. */
export function encodeOrder(index: number): Uint8Array {
  const order = {
    index,
    id: `order-${String(index).padStart(8, "0")}`,
    customer: { id: `customer-${index % 1_000}`, country: "NL", segments: ["new", "mail"] },
    items: [
      { sku: "A-1001", count: 2, price: 12.5 },
      { sku: "B-2002", count: 1, price: 99.95 },
    ],
    total: 124.95,
    currency: "EUR",
    note: "",
  };
  const missing = sizeBytes - JSON.stringify(order).length;
  return Buffer.from(JSON.stringify({ ...order, note: "x".repeat(missing) }));
}

/** The order that a payload holds; throws when it is not JSON. */
export function decodeOrder(payload: Uint8Array): Order {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString()) as Order;
}

/** One in a hundred fails once and passes then. */
export function failsOnce(index: number): boolean {
  return index % 100 === 50;
}

/** One in a thousand can never work. */
export function neverWorks(index: number): boolean {
  return index % 1_000 === 999;
}
