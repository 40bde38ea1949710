import { SQSClient } from "@aws-sdk/client-sqs";
import { scheme, text, wholeNumber, type Address } from "@spillway/container";
import { sqsSink, sqsSource } from "@spillway/sqs";

/** Queues of SQS; a name that ends in ".fifo" is a FIFO queue. Credentials come from where the AWS SDK finds them. */
export const sqs = scheme({
  name: "sqs",
  form: "sqs://region/account/queue?receivers=4&endpoint=http://host:port",
  options: {
    endpoint: text(),
    receivers: wholeNumber(1, 64),
    visibilityTimeoutMs: wholeNumber(1_000, 43_140_000),
    maxBytes: wholeNumber(1_024, 1_048_576),
  },
  clientKey: ({ authority, options }) => JSON.stringify([authority, options.get("endpoint")]),
  connect({ authority: region, options }) {
    const endpoint = options.get("endpoint");
    return new SQSClient(endpoint === undefined ? { region } : { region, endpoint });
  },
  disconnect: (client) => client.destroy(),
  source: ({ address, client, options: { endpoint, maxBytes: _, ...options } }) =>
    sqsSource({ client, queueUrl: queueUrl(address, endpoint), fifo: isFifo(address), ...options }),
  sink: ({ address, client, options: { endpoint, maxBytes } }) =>
    sqsSink({ client, queueUrl: queueUrl(address, endpoint), fifo: isFifo(address), ...(maxBytes === undefined ? {} : { maxBytes }) }),
  stores: undefined,
});

function queueUrl({ authority: region, path }: Address, endpoint: string | undefined): string {
  return `${endpoint ?? `https://sqs.${region}.amazonaws.com`}/${path}`;
}

function isFifo({ path }: Address): boolean {
  return path.endsWith(".fifo");
}
