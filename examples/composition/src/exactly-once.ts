import { checkpoint, consume, constant, deadLetter, decode, handle, publish, retry, text, type Settled } from "@spillway/core";
import { kafkaSink, kafkaSource, kafkaTransactions } from "@spillway/kafka";
import type { Kafka } from "kafkajs";
import type { Observable } from "rxjs";

/** Where it reads and writes. */
export interface Topics {
  readonly orders: string;
  readonly charged: string;
  readonly dead: string;
}

/**
 * From Kafka to Kafka, exactly once: `transactions` makes one of the offsets and of everything that both sinks are given. Without it, this is the usual
 * pipeline, at least once.
 */
export function exactlyOnce(
  client: Kafka,
  { orders, charged, dead }: Topics,
  charge: (order: string) => Promise<string>,
): Observable<Settled> {
  const transactions = kafkaTransactions();
  return consume(kafkaSource({ client, topic: orders, groupId: orders, transactions }), { ordering: "key" }).pipe(
    decode(text()),
    handle(charge, { concurrency: 16 }),
    publish(kafkaSink({ client, topic: charged, transactions }), (receipt, { message: { key } }) => ({ key, value: Buffer.from(receipt) })),
    retry({ attempts: 2, backoff: constant(5) }),
    deadLetter(kafkaSink({ client, topic: dead, transactions })),
    checkpoint({ everyMs: 100 }),
  );
}
