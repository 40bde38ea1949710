import { setTimeout as delay } from "node:timers/promises";
import type { ServerProcess } from "./server-folder.ts";

/** Resolves when the check does; rejects, with what the server printed last, when the server is gone or the time is over. */
export async function ready(name: string, server: ServerProcess, check: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    if (server.isGone()) throw new Error(`${name} ended while it was starting. It printed:\n${await server.output()}`);
    if (await check()) return;
    if (performance.now() > endMs) throw new Error(`${name} did not answer within ${limitMs} ms. It printed:\n${await server.output()}`);
    await delay(40);
  }
}

/** Whether an HTTP server answers this request with a status under 500 and, where given, one that is expected. */
export async function answers(url: string, init: RequestInit, status?: number): Promise<boolean> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return status === undefined ? response.status < 500 : response.status === status;
  } catch {
    return false; // not listening yet
  }
}

/** A request of an AWS JSON protocol, signed badly: what tells an AWS-like server from any other listener. */
export function awsRequest(target: string, version: "1.0" | "1.1", service: string): RequestInit {
  return {
    method: "POST",
    body: "{}",
    headers: {
      "content-type": `application/x-amz-json-${version}`,
      "x-amz-target": target,
      "x-amz-date": "20260101T000000Z",
      authorization:
        `AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/${service}/aws4_request, ` +
        `SignedHeaders=host;x-amz-date;x-amz-target, Signature=${"0".repeat(64)}`,
    },
  };
}
