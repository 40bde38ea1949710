import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from "node:http2";
import { listen, type LocalListener } from "./listen.ts";

/** Which HTTP a fake speaks: HTTP/2 without encryption, begun at once, is what the clients of Kinesis do at an http: endpoint. */
export type HttpVersion = "1.1" | "2";

/** A request, whatever HTTP it came by. */
export type FakeRequest = IncomingMessage | Http2ServerRequest;

/** As much of a response as fakes need, whatever HTTP it goes by. */
export interface FakeResponse {
  readonly headersSent: boolean;
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): void;
  /** Returns whether more should be written before "drain". */
  write(chunk: Uint8Array): boolean;
  end(text?: string): void;
  /** Breaks the request off, as a connection does that is lost. */
  destroy(): void;
  onceDrained(task: () => void): void;
  onClosed(task: () => void): void;
}

/** Listens on a free port. */
export async function listenLocally(
  version: HttpVersion,
  serve: (request: FakeRequest, response: FakeResponse) => void,
): Promise<LocalListener> {
  if (version === "1.1") {
    const server = createServer((request, response) => serve(request, overHttp1(response)));
    return await listen(server, () => server.closeAllConnections());
  }
  const sessions = new Set<ServerHttp2Session>();
  const server = createHttp2Server((request, response) => serve(request, overHttp2(response))).on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    // A client that goes away in the midst of a stream is what the tests want.
    session.on("error", () => session.destroy());
  });
  return await listen(server, () => {
    for (const session of sessions) session.destroy();
  });
}

function overHttp1(response: ServerResponse): FakeResponse {
  return over(response, () => void response.destroy());
}

function overHttp2(response: Http2ServerResponse): FakeResponse {
  const { stream } = response;
  stream.on("error", () => stream.destroy());
  // The whole connection, as over HTTP/1.1: what a network loses is never just one stream.
  return over(response, () => stream.session?.destroy());
}

/** What both kinds of response have in common, without the overloads that TypeScript cannot call on a union of them. */
interface NodeResponse {
  readonly headersSent: boolean;
  writeHead(status: number, headers: Record<string, string | number>): unknown;
  write(chunk: Uint8Array): boolean;
  end(text: string): unknown;
  once(event: "drain", task: () => void): unknown;
  on(event: "close", task: () => void): unknown;
}

function over(response: NodeResponse, destroy: () => void): FakeResponse {
  return {
    get headersSent() {
      return response.headersSent;
    },
    writeHead: (status, headers) => void response.writeHead(status, headers),
    write: (chunk) => response.write(chunk),
    end: (text = "") => void response.end(text),
    destroy,
    onceDrained: (task) => void response.once("drain", task),
    onClosed: (task) => void response.on("close", task),
  };
}
