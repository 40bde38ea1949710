import { Readable } from "node:stream";

/** One call of an AWS client, as it would have left. */
export interface SdkCall {
  readonly host: string;
  /** "AmazonSQS.GetQueueUrl" */
  readonly target: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a client's request handler answers a call with; the body is sent as JSON. */
export interface SdkAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/** What leaves a client, as far as it matters here. */
export interface SdkRequest {
  readonly hostname: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text or bytes. */
  readonly body?: unknown;
}

/** A request handler, with the calls that it has answered. */
export interface SdkHandler {
  readonly calls: SdkCall[];
  handle(request: SdkRequest): Promise<{ readonly response: { statusCode: number; headers: Record<string, string>; body: Readable } }>;
}

/** Makes a request handler that sends nothing: it notes each call of a client and answers it. */
export function sdkHandler(answer: (call: SdkCall) => SdkAnswer | Promise<SdkAnswer>): SdkHandler {
  const calls: SdkCall[] = [];
  return {
    calls,
    async handle({ hostname, headers: sent, body: sentBody }) {
      const text = sentBody instanceof Uint8Array ? new TextDecoder().decode(sentBody) : String(sentBody);
      const call = { host: hostname, target: sent["x-amz-target"], body: JSON.parse(text) as SdkCall["body"] };
      calls.push(call);
      const { statusCode, headers = {}, body } = await answer(call);
      return { response: { statusCode, headers: { ...headers }, body: Readable.from([JSON.stringify(body)]) } };
    },
  };
}
