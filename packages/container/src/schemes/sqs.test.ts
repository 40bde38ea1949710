import { SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { createBackends, type Backends } from "../backends.ts";
import { refused } from "../testing/refused.ts";
import { sdkHandler, type SdkAnswer, type SdkHandler } from "../testing/sdk-handler.ts";
import { sqsScheme } from "./sqs.ts";

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const { signal } = new AbortController();

interface Opened {
  readonly backends: Backends;
  readonly handler: SdkHandler;
  readonly configs: readonly SQSClientConfig[];
  readonly destroyed: () => number;
}

/** Backends over SQS, where each look-up is answered so. */
function opened(
  answer: () => SdkAnswer | Promise<SdkAnswer> = () => ({ statusCode: 200, body: { QueueUrl: "https://found/1/orders" } }),
): Opened {
  const handler = sdkHandler(answer);
  const configs: SQSClientConfig[] = [];
  let destroyed = 0;
  const makeClient = (config: SQSClientConfig): SQSClient => {
    configs.push(config);
    const client = new SQSClient({ ...config, credentials, requestHandler: handler, maxAttempts: 1 });
    const destroy = client.destroy.bind(client);
    client.destroy = () => {
      destroyed += 1;
      destroy();
    };
    return client;
  };
  return { backends: createBackends([sqsScheme({ makeClient })]), handler, configs, destroyed: () => destroyed };
}

const refusal = (name: string): SdkAnswer => ({ statusCode: 400, body: { __type: `com.amazonaws.sqs#${name}`, message: "no" } });

test.each([
  ["sqs://eu-west-1/123456789012/orders", "sqs.eu-west-1.amazonaws.com", "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"],
  [
    "sqs://cn-north-1/123456789012/orders",
    "sqs.cn-north-1.amazonaws.com.cn",
    "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/orders",
  ],
  ["sqs://us-east-1/1/orders?endpoint=http://127.0.0.1:9324/", "127.0.0.1", "http://127.0.0.1:9324/1/orders"],
])("%s is called at %s without a look-up", async (url, host, QueueUrl) => {
  const { backends, handler } = opened();
  const sink = await backends.open("sink", url);
  await sink.write([{ value: new Uint8Array([65]) }], { signal });
  expect(handler.calls).toEqual([{ host, target: "AmazonSQS.SendMessageBatch", body: expect.objectContaining({ QueueUrl }) as object }]);
});

test("a queue without its account is looked up by its name", async () => {
  const { backends, handler } = opened();
  expect(await backends.open("source", "sqs://eu-west-1/orders")).toMatchObject({ kind: "queue", name: "orders" });
  expect(handler.calls).toMatchObject([{ target: "AmazonSQS.GetQueueUrl", body: { QueueName: "orders" } }]);
});

test("a queue that is missing is refused; one that cannot be looked up is not there at the moment", async () => {
  const missing = opened(() => refusal("QueueDoesNotExist")).backends;
  await expect(missing.open("sink", "sqs://eu-west-1/orders")).rejects.toEqual(refused(/no queue "orders" in eu-west-1/));
  const denied = opened(() => refusal("AccessDenied")).backends;
  await expect(denied.open("sink", "sqs://eu-west-1/orders")).rejects.toMatchObject({
    code: "SPILLWAY_SQS_LOOK_UP",
    message: expect.stringContaining("sqs://eu-west-1/account/orders") as string,
  });
});

test("a look-up ends with its signal", async () => {
  const stop = new AbortController();
  const { backends } = opened(() => {
    stop.abort(new Error("stopped"));
    return refusal("AccessDenied");
  });
  await expect(backends.open("sink", "sqs://eu-west-1/orders", { signal: stop.signal })).rejects.toThrow(/^stopped$/);
});

test("the queue's name says whether it is a FIFO queue, and options reach the adapter", async () => {
  const { backends } = opened();
  const source = await backends.open("source", "sqs://eu-west-1/1/orders.fifo?receivers=2&visibilityTimeoutMs=5000");
  expect(source).toMatchObject({ traits: { keys: true }, receivers: 2, visibilityTimeoutMs: 5_000 });
  expect(await backends.open("sink", "sqs://eu-west-1/1/orders?maxBatchSize=20")).toMatchObject({
    traits: { maxBatchSize: 20, order: "none" },
  });
});

test("a client is made once for each region and endpoint, and destroyed at the end", async () => {
  const { backends, configs, destroyed } = opened();
  for (const url of [
    "sqs://eu-west-1/1/a",
    "sqs://eu-west-1/1/b?receivers=2",
    "sqs://us-east-1/1/a",
    "sqs://us-east-1/1/a?endpoint=http://127.0.0.1:1",
  ])
    await backends.open("source", url);
  expect(configs).toEqual([{ region: "eu-west-1" }, { region: "us-east-1" }, { region: "us-east-1", endpoint: "http://127.0.0.1:1" }]);
  await backends.close();
  expect(destroyed()).toBe(3);
});

test.each([
  ["sqs://orders", "must begin with a region"],
  ["sqs://eu-west-1", "must name a queue"],
  ["sqs://key:hidden@eu-west-1/1/orders", "takes no credentials"],
  ["sqs://eu-west-1/1/orders?endpoint=127.0.0.1:9324", "must be the URL of a server"],
  ["sqs://eu-west-1/1/orders?endpoint=http://key:hidden@host", "must be the URL of a server"],
  ["sqs://eu-west-1/1/orders?recievers=2", 'Did you mean "receivers"'],
  ["sqs://eu-west-1/1/orders?waitMs=30000", "from 0 to 20000"],
])("%s is refused: %s", async (url, message) => {
  const { backends } = opened();
  const error: unknown = await backends.open("source", url).catch((reason: unknown) => reason);
  expect(error).toEqual(refused(message));
  expect(String(error)).not.toContain("hidden");
});
