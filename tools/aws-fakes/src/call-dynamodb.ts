import { FakeServiceError } from "./json-server.ts";

/** Calls an emulated DynamoDB as it is called on the wire. Resolves to its answer; its exceptions are FakeServiceErrors. */
export async function callDynamoDb(endpoint: string, operation: string, input: object): Promise<object> {
  const response = await fetch(endpoint, {
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
  throw new FakeServiceError(body.__type ?? "InternalFailure", body.message ?? body.Message ?? "", response.status, body);
}
