import { kafkaSink, kafkaSource } from "@spillway/kafka";
import kafkajs, { type Kafka, type KafkaConfig, type SASLOptions } from "kafkajs";
import type { Address } from "../address.ts";
import { invalid } from "../invalid.ts";
import { oneOf, text, trueOrFalse, wholeNumber } from "../option.ts";
import { scheme, type Scheme } from "../scheme.ts";
import { consumerOf } from "./consumer-of.ts";
import { only } from "./only.ts";
import { requiredPath } from "./required-path.ts";

/** What a URL cannot say about Kafka. */
export interface KafkaSchemeOptions {
  /** Makes the client of what a URL says; `new Kafka(config)` where left out. For certificates, other SASL mechanisms, time limits, a logger. */
  readonly makeClient?: (config: KafkaConfig) => Kafka;
}

const form = "kafka://broker:port[,broker:port]/topic?group=name";
const ms = wholeNumber(1, 86_400_000);
const bytes = wholeNumber(1, 1_073_741_824);
const mechanism = oneOf("scram-sha-512", "scram-sha-256", "plain");
const known = {
  group: text(),
  clientId: text(),
  ssl: trueOrFalse(),
  mechanism,
  sessionTimeoutMs: ms,
  rebalanceTimeoutMs: ms,
  drainTimeoutMs: ms,
  startTimeoutMs: ms,
  maxBytesPerPartition: bytes,
  maxBytes: bytes,
  maxQueuedBytes: bytes,
  compression: oneOf("none", "gzip", "snappy", "lz4", "zstd"),
  lingerMs: wholeNumber(0, 60_000),
  maxBatchBytes: bytes,
  deliveryTimeoutMs: ms,
};

/**
 * Topics of Kafka. A source's consumer group is the option "group". A user and a password in the URL are used by SASL, with TLS unless "ssl=false"; they
 * are never printed.
 */
export function kafkaScheme(options: KafkaSchemeOptions = {}): Scheme {
  const { makeClient = (config) => new kafkajs.Kafka(config) } = options;
  return scheme({
    name: "kafka",
    form,
    options: known,
    clientKey: (address) => JSON.stringify(configOf(address)),
    connect: (address) => makeClient(configOf(address)),
    // The adapter's own connections end with the pipeline; the client only holds their settings.
    disconnect: () => undefined,
    source({ address, client, consumer, options: given }) {
      return kafkaSource({
        client,
        topic: requiredPath(address, "a topic", form),
        groupId: consumerOf("group", given.group, { address, consumer }),
        ...only(given, "sessionTimeoutMs", "rebalanceTimeoutMs", "drainTimeoutMs", "startTimeoutMs"),
        ...only(given, "maxBytesPerPartition", "maxBytes", "maxQueuedBytes"),
      });
    },
    sink({ address, client, options: given }) {
      return kafkaSink({
        client,
        topic: requiredPath(address, "a topic", form),
        ...only(given, "compression", "lingerMs", "maxBatchBytes", "deliveryTimeoutMs", "startTimeoutMs"),
      });
    },
    stores: undefined,
  });
}

/** What the client is made with. Throws SPILLWAY_INVALID_OPTIONS where a user has no password. */
function configOf(address: Address): KafkaConfig {
  const { authority, user, password, options: given } = address;
  const brokers = authority.split(",").filter((broker) => broker !== "");
  if (brokers.length === 0) throw invalid(`A "kafka:" URL must name a broker: ${form}`);
  if ((user === undefined) !== (password === undefined))
    throw invalid('A "kafka:" URL with a user needs a password too: "user:password@broker".');
  const ssl = given.get("ssl");
  const clientId = given.get("clientId");
  const isSecure = ssl === undefined ? user !== undefined : known.ssl.read(ssl);
  return {
    brokers,
    ...(clientId === undefined ? {} : { clientId }),
    ...(isSecure ? { ssl: true } : {}),
    ...(user === undefined || password === undefined ? {} : { sasl: saslOf(given.get("mechanism"), { username: user, password }) }),
  };
}

function saslOf(named: string | undefined, credentials: { readonly username: string; readonly password: string }): SASLOptions {
  const chosen = mechanism.read(named ?? mechanism.whenLeftOut);
  // One by one: kafkajs has a type for each, and none for a mechanism that is known at run time only.
  if (chosen === "plain") return { mechanism: chosen, ...credentials };
  if (chosen === "scram-sha-256") return { mechanism: chosen, ...credentials };
  return { mechanism: chosen, ...credentials };
}
