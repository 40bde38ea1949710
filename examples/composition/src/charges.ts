import { definePipeline, handleWith } from "@spillway/container";
import { checkpoint, classify, constant, deadLetter, decode, json, publish, retry, when } from "@spillway/core";
import { CardDeclined, Charging } from "./charging.ts";
import { Order, type Receipt } from "./order.ts";

const encode = (receipt: Receipt): Uint8Array => new TextEncoder().encode(JSON.stringify(receipt));

/** Charges orders, those of a customer in order. Nothing here says which backend it runs on. */
export const charges = definePipeline({ sources: ["orders"], sinks: ["charged", "dead"] }, ({ consume, sink, container }) =>
  consume("orders", { ordering: "key" }).pipe(
    decode(json(Order)),
    handleWith(container, Charging, "charge"),
    publish(sink("charged"), (receipt) => ({ key: receipt.customer, value: encode(receipt), id: receipt.orderId })),
    classify(when(CardDeclined, "permanent")),
    retry({ attempts: 5, backoff: constant(50) }),
    deadLetter(sink("dead")),
    checkpoint(),
  ),
);
