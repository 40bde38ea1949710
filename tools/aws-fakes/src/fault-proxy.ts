import { callService, dynamoDb, type JsonService } from "./call-service.ts";
import type { Faults } from "./fault.ts";
import { startJsonServer, type JsonServer } from "./json-server.ts";

/** Starts a proxy in front of a real or emulated service, DynamoDB where none is named, that breaks calls as asked; what it lets through is really carried out. */
export function startFaultProxy(options: {
  readonly service?: JsonService;
  readonly target: string;
  readonly faults: Faults;
}): Promise<JsonServer> {
  const { service = dynamoDb, target, faults } = options;
  return startJsonServer({
    contentType: "application/x-amz-json-1.0",
    faults,
    answer: ({ operation, input }) => callService(service, target, operation, input),
  });
}
