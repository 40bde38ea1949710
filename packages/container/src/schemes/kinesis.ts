import { KinesisClient, type KinesisClientConfig } from "@aws-sdk/client-kinesis";
import { NodeHttp2Handler, NodeHttpHandler } from "@smithy/node-http-handler";
import { kinesisSink, kinesisSource } from "@spillway/kinesis";
import type { Address } from "../address.ts";
import { oneOf, text, trueOrFalse, wholeNumber } from "../option.ts";
import { scheme, type Scheme } from "../scheme.ts";
import { awsEndpoint, awsPlace } from "./aws-place.ts";
import { consumerOf } from "./consumer-of.ts";
import { only } from "./only.ts";
import { requiredPath } from "./required-path.ts";
import { requiredStores } from "./required-stores.ts";

/** What a URL cannot say about Kinesis. */
export interface KinesisSchemeOptions {
  /**
   * Makes the client of what a URL says, its request handler included; `new KinesisClient(config)` where left out. For credentials, sockets, retries. It is
   * destroyed at the end.
   */
  readonly makeClient?: (config: KinesisClientConfig) => KinesisClient;
}

const form = "kinesis://region/stream?consumer=name&stores=dynamodb://region/table";
const delivery = oneOf("polling", "fan-out");
const mebibyte = 1_048_576;

/**
 * Streams of Kinesis, by name or by ARN. A source needs "stores", the URL of stores whose scheme is registered too. Credentials come from where the AWS SDK
 * finds them.
 */
export function kinesisScheme(options: KinesisSchemeOptions = {}): Scheme {
  const { makeClient = (config) => new KinesisClient(config) } = options;
  return scheme({
    name: "kinesis",
    form,
    options: {
      consumer: text(),
      stores: text(),
      endpoint: awsEndpoint,
      delivery,
      registerConsumer: trueOrFalse(),
      maxRecordsPerCall: wholeNumber(1, 10_000),
      callsPerSecondPerShard: wholeNumber(1, 5),
      idleMs: wholeNumber(1, 60_000),
      misplaced: oneOf("keep", "drop"),
      order: oneOf("none", "key"),
      aggregation: oneOf("none", "kpl"),
      maxRequestBytes: wholeNumber(mebibyte, 10 * mebibyte),
      retries: wholeNumber(0, 20),
    },
    clientKey: (address) => JSON.stringify([awsPlace(address, form), deliveryOf(address)]),
    connect: (address) => makeClient({ ...awsPlace(address, form), requestHandler: handlerFor(deliveryOf(address)) }),
    disconnect: (client) => client.destroy(),
    async source({ address, client, consumer, options: given, open }) {
      return kinesisSource({
        client,
        ...streamOf(address),
        consumer: consumerOf("consumer", given.consumer, { address, consumer }),
        stores: await requiredStores(given.stores, { address, open }),
        ...only(given, "delivery", "registerConsumer", "maxRecordsPerCall", "callsPerSecondPerShard", "idleMs", "misplaced"),
      });
    },
    sink: ({ address, client, options: given }) =>
      kinesisSink({ client, ...streamOf(address), ...only(given, "order", "aggregation", "maxRequestBytes", "retries") }),
    stores: undefined,
  });
}

function deliveryOf({ options }: Address): "polling" | "fan-out" {
  return delivery.read(options.get("delivery") ?? delivery.whenLeftOut);
}

/** The SDK's own default opens a connection for each call; only fan-out needs HTTP/2, and its subscriptions last five minutes. */
function handlerFor(how: "polling" | "fan-out"): NodeHttpHandler | NodeHttp2Handler {
  return how === "polling" ? new NodeHttpHandler() : new NodeHttp2Handler({ sessionTimeout: 600_000 });
}

function streamOf(address: Address): { readonly streamArn: string } | { readonly streamName: string } {
  const path = requiredPath(address, "a stream", form);
  return path.startsWith("arn:") ? { streamArn: path } : { streamName: path };
}
