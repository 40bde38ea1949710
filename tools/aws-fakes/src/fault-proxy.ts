import { callDynamoDb } from "./call-dynamodb.ts";
import type { Faults } from "./fault.ts";
import { startJsonServer, type JsonServer } from "./json-server.ts";

/** Starts a proxy in front of a real or emulated DynamoDB that breaks calls as asked; what it lets through is really carried out. */
export function startFaultProxy(options: { readonly target: string; readonly faults: Faults }): Promise<JsonServer> {
  return startJsonServer({
    contentType: "application/x-amz-json-1.0",
    faults: options.faults,
    answer: ({ operation, input }) => callDynamoDb(options.target, operation, input),
  });
}
