import type { Faults } from "./fault.ts";
import { FakeServiceError, startJsonServer, type JsonServer } from "./json-server.ts";

/** Starts a proxy in front of a real or emulated DynamoDB that breaks calls as asked; what it lets through is really carried out. */
export function startFaultProxy(options: { readonly target: string; readonly faults: Faults }): Promise<JsonServer> {
  return startJsonServer({
    contentType: "application/x-amz-json-1.0",
    faults: options.faults,
    async answer({ operation, input }) {
      const response = await fetch(options.target, {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.0",
          "x-amz-target": `DynamoDB_20120810.${operation}`,
          // The emulators check that there is a signature, not whose it is.
          "x-amz-date": "20260101T000000Z",
          authorization:
            "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=00",
        },
        body: JSON.stringify(input),
      });
      const body = (await response.json()) as { __type?: string; message?: string; Message?: string };
      if (response.ok) return body;
      throw new FakeServiceError(body.__type ?? "InternalFailure", body.message ?? body.Message ?? "", response.status);
    },
  });
}
