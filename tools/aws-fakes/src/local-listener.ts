import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";

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

/** Something that listens on 127.0.0.1. */
export interface LocalListener {
  readonly endpoint: string;
  /** Ends it, and all its connections. */
  stop(): Promise<void>;
}

/** Listens on a free port. */
export async function listenLocally(
  version: HttpVersion,
  serve: (request: FakeRequest, response: FakeResponse) => void,
): Promise<LocalListener> {
  const sessions = new Set<ServerHttp2Session>();
  const server =
    version === "1.1"
      ? createServer((request, response) => serve(request, overHttp1(response)))
      : createHttp2Server((request, response) => serve(request, overHttp2(response))).on("session", (session) => {
          sessions.add(session);
          session.on("close", () => sessions.delete(session));
          // A client that goes away in the midst of a stream is what the tests want.
          session.on("error", () => session.destroy());
        });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        if ("closeAllConnections" in server) server.closeAllConnections();
        for (const session of sessions) session.destroy();
      }),
  };
}

function overHttp1(response: ServerResponse): FakeResponse {
  return {
    get headersSent() {
      return response.headersSent;
    },
    writeHead: (status, headers) => void response.writeHead(status, headers),
    write: (chunk) => response.write(chunk),
    end: (text = "") => void response.end(text),
    destroy: () => void response.destroy(),
    onceDrained: (task) => void response.once("drain", task),
    onClosed: (task) => void response.on("close", task),
  };
}

function overHttp2(response: Http2ServerResponse): FakeResponse {
  response.stream.on("error", () => response.stream.destroy());
  return {
    get headersSent() {
      return response.headersSent;
    },
    writeHead: (status, headers) => void response.writeHead(status, headers),
    write: (chunk) => response.write(chunk),
    end: (text = "") => void response.end(text),
    // The whole connection, as over HTTP/1.1: what a network loses is never just one stream.
    destroy: () => response.stream.session?.destroy(),
    onceDrained: (task) => void response.once("drain", task),
    onClosed: (task) => void response.on("close", task),
  };
}
