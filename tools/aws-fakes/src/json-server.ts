import type { FakeCall, Faults } from "./fault.ts";
import type { LocalListener } from "./listen.ts";
import { listenLocally, type FakeRequest, type FakeResponse, type HttpVersion } from "./local-listener.ts";

/** An exception of the faked service. */
export class FakeServiceError extends Error {
  readonly type: string;
  readonly status: number;
  /** What the exception says beside its type and message, such as why a transaction was cancelled. */
  readonly members: object;

  constructor(type: string, message: string, status = 400, members: object = {}) {
    super(message);
    this.type = type;
    this.status = status;
    this.members = members;
  }
}

/** Answers one call with its output as JSON, or takes over the response itself (an event stream) and returns undefined. */
export type AnswerCall = (call: FakeCall, response: FakeResponse) => object | undefined | Promise<object | undefined>;

/** A server of one of Amazon's JSON protocols on 127.0.0.1. */
export type JsonServer = LocalListener;

/** Starts a server for these calls; faults are asked before each. */
export async function startJsonServer(options: {
  readonly httpVersion?: HttpVersion;
  readonly contentType: "application/x-amz-json-1.0" | "application/x-amz-json-1.1";
  readonly answer: AnswerCall;
  readonly faults: Faults;
}): Promise<JsonServer> {
  return await listenLocally(options.httpVersion ?? "1.1", (request, response) => {
    void serve(request, response, options).catch((error: unknown) => {
      const { type, status, message, members } =
        error instanceof FakeServiceError ? error : new FakeServiceError("InternalFailure", String(error), 500);
      if (!response.headersSent) send(response, options.contentType, status, { ...members, __type: type, message });
      else response.destroy();
    });
  });
}

async function serve(request: FakeRequest, response: FakeResponse, options: Parameters<typeof startJsonServer>[0]): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const target = request.headers["x-amz-target"];
  const call: FakeCall = {
    operation: String(target).split(".").at(-1) ?? "",
    input: JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>,
  };
  const fault = options.faults(call);
  if (fault?.kind === "request-lost") {
    response.destroy();
    return;
  }
  if (fault?.kind === "error") throw new FakeServiceError(fault.type, fault.message ?? "asked for by the test", fault.status);
  if (fault?.kind === "altered") {
    const altered = fault.input && (await options.answer({ ...call, input: fault.input }, response));
    send(response, options.contentType, 200, fault.answer(altered ?? {}));
    return;
  }
  const output = await options.answer(call, response);
  if (output === undefined || fault?.kind === "answer-hangs") return;
  if (fault?.kind === "answer-lost") response.destroy();
  else send(response, options.contentType, 200, output);
}

function send(response: FakeResponse, contentType: string, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
