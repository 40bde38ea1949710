import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";

/** One call that reached the fake. */
export interface FakeCall {
  readonly action: string;
  readonly input: FakeInput;
}

/** A call's JSON, as far as the tests look into it. */
export interface FakeInput {
  readonly QueueUrl: string;
  readonly MaxNumberOfMessages?: number;
  readonly WaitTimeSeconds?: number;
  readonly VisibilityTimeout?: number;
  readonly ReceiveRequestAttemptId?: string;
  readonly Entries?: readonly FakeEntry[];
}

/** One entry of a batch call. */
export interface FakeEntry {
  readonly Id: string;
  readonly ReceiptHandle?: string;
  readonly VisibilityTimeout?: number;
  readonly MessageBody?: string;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
  readonly DelaySeconds?: number;
  readonly MessageAttributes?: Readonly<
    Record<string, { readonly DataType: string; readonly StringValue?: string; readonly BinaryValue?: string }>
  >;
  readonly MessageSystemAttributes?: Readonly<Record<string, { readonly StringValue: string }>>;
}

/** How the fake answers a call. */
export type FakeAnswer =
  | { readonly json: object }
  /** An error as SQS sends it; `name` without namespace. */
  | { readonly status: number; readonly name: string; readonly message?: string }
  /** The connection is reset: whether it took place, nobody hears. */
  | { readonly fate: "reset" }
  /** Nothing is ever answered. */
  | { readonly fate: "hang" };

/** Answers one kind of call; may wait. */
export type FakeHandler = (input: FakeInput) => FakeAnswer | Promise<FakeAnswer>;

/** An HTTP server that speaks SQS's JSON protocol, and answers only as a test tells it to. */
export interface FakeSqs {
  readonly queueUrl: string;
  readonly calls: readonly FakeCall[];
  /** A client of the SDK with no retries of its own, unless the config says otherwise. */
  client(config?: SQSClientConfig): SQSClient;
  /** Answers all further calls of this action. */
  on(action: string, handler: FakeHandler): void;
  close(): Promise<void>;
}

/** Starts a fake on a free port of 127.0.0.1. */
export async function startFakeSqs(queueName = "orders"): Promise<FakeSqs> {
  const calls: FakeCall[] = [];
  const handlers = new Map<string, FakeHandler>();
  const clients: SQSClient[] = [];
  const server = createServer((request, response) => {
    void serve(request, response);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const action = String(request.headers["x-amz-target"]).replace("AmazonSQS.", "");
    const input = JSON.parse(Buffer.concat(chunks).toString("utf8")) as FakeInput;
    calls.push({ action, input });
    const answer = (await handlers.get(action)?.(input)) ?? {
      status: 400,
      name: "UnsupportedOperation",
      message: `no handler for ${action}`,
    };
    if ("fate" in answer) {
      if (answer.fate === "reset") response.destroy();
      return;
    }
    const failed = "status" in answer;
    response.writeHead(failed ? answer.status : 200, { "content-type": "application/x-amz-json-1.0" });
    response.end(
      JSON.stringify(failed ? { __type: `com.amazonaws.sqs#${answer.name}`, message: answer.message ?? answer.name } : answer.json),
    );
  }

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    queueUrl: `${endpoint}/000000000000/${queueName}`,
    calls,
    client(config) {
      const credentials = { accessKeyId: "local", secretAccessKey: "local" };
      const client = new SQSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1, ...config });
      clients.push(client);
      return client;
    },
    on: (action, handler) => void handlers.set(action, handler),
    async close() {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
      });
    },
  };
}

/** A message as SQS gives it. */
export function fakeMessage(id: string, body: string, extra: object = {}): object {
  return {
    MessageId: id,
    ReceiptHandle: `handle-${id}`,
    Body: body,
    MD5OfBody: md5(body),
    Attributes: { SentTimestamp: "1700000000000", ApproximateReceiveCount: "1" },
    ...extra,
  };
}

/** Answers a batch call with success for every entry, as SQS does. */
export function allSucceed({ Entries = [] }: FakeInput): FakeAnswer {
  return {
    json: {
      Successful: Entries.map(({ Id, MessageBody = "" }) => ({ Id, MessageId: `m-${Id}`, MD5OfMessageBody: md5(MessageBody) })),
      Failed: [],
    },
  };
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
