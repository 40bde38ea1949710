import { FakeServiceError } from "./json-server.ts";

/** A service whose emulators speak JSON 1.0: its name in a signature, and what stands before an operation's name in X-Amz-Target. */
export interface JsonService {
  readonly name: "dynamodb" | "sqs";
  readonly target: string;
}

/** Amazon DynamoDB. */
export const dynamoDb: JsonService = { name: "dynamodb", target: "DynamoDB_20120810" };

/** Amazon SQS. */
export const sqs: JsonService = { name: "sqs", target: "AmazonSQS" };

/** Calls an emulated service as it is called on the wire. Resolves to its answer; its exceptions are FakeServiceErrors. */
export async function callService(service: JsonService, endpoint: string, operation: string, input: object): Promise<object> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `${service.target}.${operation}`,
      // The emulators check that there is a signature, not whose it is.
      "x-amz-date": "20260101T000000Z",
      authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/${service.name}/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=00`,
    },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  // Some operations of SQS answer nothing.
  const body = (text === "" ? {} : JSON.parse(text)) as { __type?: string; message?: string; Message?: string };
  if (response.ok) return body;
  throw new FakeServiceError(body.__type ?? "InternalFailure", body.message ?? body.Message ?? "", response.status, body);
}
