import { callService, dynamoDb } from "./call-service.ts";

/** Calls an emulated DynamoDB as it is called on the wire. Resolves to its answer; its exceptions are FakeServiceErrors. */
export async function callDynamoDb(endpoint: string, operation: string, input: object): Promise<object> {
  return await callService(dynamoDb, endpoint, operation, input);
}
