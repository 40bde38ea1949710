import { NodeHttp2Handler, NodeHttpHandler } from "@smithy/node-http-handler";
import type { HttpVersion } from "./local-listener.ts";

/** What an SDK client needs to talk to a server on this machine. */
export interface LocalClientConfig {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly requestHandler: NodeHttpHandler | NodeHttp2Handler;
  readonly maxAttempts: number;
}

/** A client's configuration for a local endpoint: HTTP/1.1, because the servers speak nothing else, and no retries unless asked for. */
export function localClientConfig(endpoint: string, maxAttempts = 1, httpVersion: HttpVersion = "1.1"): LocalClientConfig {
  // Its warning about coming Node versions is of no use in a test's output.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  return {
    region: "us-east-1",
    endpoint,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler:
      httpVersion === "1.1" ? new NodeHttpHandler({ connectionTimeout: 2_000 }) : new NodeHttp2Handler({ disableConcurrentStreams: true }),
    maxAttempts,
  };
}
