// oxlint-disable-next-line typescript/consistent-type-imports -- tsyringe injects the class that the decorator notes, which must be there.
import { Gateway, Order, signal, type Receipt } from "./surroundings.ts";
import "reflect-metadata";
import { definePipeline, handles, handleWith, loadConfig, start } from "@spillway/container";
import { kafkaScheme } from "@spillway/container/kafka";
import { sqsScheme } from "@spillway/container/sqs";
import { checkpoint, deadLetter, decode, exponential, json, retry, type HandleContext } from "@spillway/core";
import { container, injectable } from "tsyringe";

@injectable()
class Charging {
  constructor(private readonly gateway: Gateway) {}

  @handles({ concurrency: 8, timeoutMs: 30_000 })
  charge(order: Order, { signal }: HandleContext): Promise<Receipt> {
    return this.gateway.charge(order, signal);
  }
}

const charges = definePipeline({ sources: ["orders"], sinks: ["dead"] }, ({ consume, sink, container }) =>
  consume("orders", { ordering: "key" }).pipe(
    decode(json(Order)),
    handleWith(container, Charging, "charge"),
    retry({ attempts: 5, backoff: exponential({ firstMs: 200, maxMs: 30_000 }) }),
    deadLetter(sink("dead")),
    checkpoint(),
  ),
);

await start({ charges }, { config: await loadConfig(), schemes: [kafkaScheme(), sqsScheme()], container, signal });
