import { GetQueueUrlCommand, SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";
import { sqsSink, sqsSource } from "@spillway/sqs";
import { SpillwayError } from "@spillway/spec";
import type { Address } from "../address.ts";
import { invalid } from "../invalid.ts";
import { wholeNumber } from "../option.ts";
import { scheme, type Scheme } from "../scheme.ts";
import { awsEndpoint, awsPlace } from "./aws-place.ts";
import { only } from "./only.ts";
import { requiredPath } from "./required-path.ts";

/** What a URL cannot say about SQS. */
export interface SqsSchemeOptions {
  /** Makes the client of what a URL says; `new SQSClient(config)` where left out. For credentials, sockets, retries. It is destroyed at the end. */
  readonly makeClient?: (config: SQSClientConfig) => SQSClient;
}

const form = "sqs://region/queue or sqs://region/account/queue";
const lookUpMs = 10_000;

/**
 * Queues of SQS; one whose name ends in ".fifo" is a FIFO queue. Without the account the queue is looked up by its name, which needs sqs:GetQueueUrl. Credentials
 * come from where the AWS SDK finds them.
 */
export function sqsScheme(options: SqsSchemeOptions = {}): Scheme {
  const { makeClient = (config) => new SQSClient(config) } = options;
  return scheme({
    name: "sqs",
    form,
    options: {
      endpoint: awsEndpoint,
      receivers: wholeNumber(1, 1_000),
      visibilityTimeoutMs: wholeNumber(1_000, 43_140_000),
      waitMs: wholeNumber(0, 20_000),
      requestTimeoutMs: wholeNumber(1, 900_000),
      maxConcurrentCalls: wholeNumber(1, 1_000),
      maxBytes: wholeNumber(1_024, 1_048_576),
      maxBatchSize: wholeNumber(1, 10_000),
    },
    clientKey: (address) => JSON.stringify(awsPlace(address, form)),
    connect: (address) => makeClient(awsPlace(address, form)),
    disconnect: (client) => client.destroy(),
    async source({ address, client, signal, options: given }) {
      return sqsSource({
        client,
        ...(await queueOf(address, client, signal)),
        ...only(given, "receivers", "visibilityTimeoutMs", "waitMs", "requestTimeoutMs", "maxConcurrentCalls"),
      });
    },
    async sink({ address, client, signal, options: given }) {
      return sqsSink({
        client,
        ...(await queueOf(address, client, signal)),
        ...only(given, "maxBytes", "maxBatchSize", "requestTimeoutMs", "maxConcurrentCalls"),
      });
    },
    stores: undefined,
  });
}

async function queueOf(
  address: Address,
  client: SQSClient,
  signal: AbortSignal,
): Promise<{ readonly queueUrl: string; readonly fifo: boolean }> {
  const path = requiredPath(address, "a queue", form);
  const { region, endpoint } = awsPlace(address, form);
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const queueUrl = path.includes("/")
    ? `${endpoint ?? `https://sqs.${region}.${suffix}`}/${path}`
    : await lookUp(path, region, client, signal);
  return { queueUrl, fifo: path.endsWith(".fifo") };
}

async function lookUp(queue: string, region: string, client: SQSClient, signal: AbortSignal): Promise<string> {
  try {
    // The SDK has no time limit of its own.
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(lookUpMs)]);
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queue }), { abortSignal });
    if (QueueUrl !== undefined) return QueueUrl;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!(error instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(error.name))) {
      throw new SpillwayError(
        `The URL of the queue "${queue}" in ${region} could not be looked up (${String(error)}). Name its account, which needs no looking up: sqs://${region}/account/${queue}`,
        { code: "SPILLWAY_SQS_LOOK_UP", cause: error },
      );
    }
  }
  throw invalid(
    `There is no queue "${queue}" in ${region} for these credentials: create it, or name its account: sqs://${region}/account/${queue}`,
  );
}
