import {
  checkpoint,
  consume,
  deadLetter,
  decode,
  filter,
  haltOnFailure,
  handle,
  json,
  map,
  publish,
  retry,
  constant,
  run,
} from "@spillway/core";
import { memoryLog, memorySink, memorySource, memoryQueue, memoryQueueSource } from "@spillway/memory";
import type { Payload } from "@spillway/spec";
import { tap } from "rxjs";
import { z } from "zod";

const log = memoryLog({ name: "orders" });
const Order = z.object({ id: z.string(), total: z.number() });

void run(
  consume(memorySource({ log, consumer: "charges" }), { ordering: "key", start: { at: "latest" } }).pipe(
    decode(json(Order)),
    filter((order) => order.total > 0, "empty order"),
    tap((delivery) => delivery.value.total.toFixed(2)),
    handle(async (order, { signal, attempt }) => ({ orderId: order.id, attempt, aborted: signal.aborted })),
    map((receipt) => receipt.orderId),
    publish(memorySink<Payload>(), (orderId) => ({ key: orderId, value: Buffer.from(orderId) })),
    retry({ attempts: 5, backoff: constant(100) }),
    deadLetter(memorySink<Payload>()),
    checkpoint(),
  ),
);

void run(
  consume(memoryQueueSource({ queue: memoryQueue({ name: "jobs", groups: true }) }), { ordering: "key" }).pipe(
    handle(() => {}),
    haltOnFailure(),
    checkpoint(),
  ),
);
