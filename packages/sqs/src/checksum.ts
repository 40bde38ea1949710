import { hash } from "node:crypto";
import type {
  ReceiveMessageCommand,
  ReceiveMessageCommandOutput,
  SendMessageBatchCommand,
  SendMessageBatchCommandOutput,
} from "@aws-sdk/client-sqs";

/** Whether this is the MD5 of the body, in hexadecimal. */
export function isMd5Of(body: string, md5: string | undefined): boolean {
  return hash("md5", body, "hex") === md5;
}

// The SDK throws a whole answer away for one wrong checksum in it: nine good messages then wait for their visibility to end. So the answer is hidden
// from that check, which is made message by message instead. The check is in the step "initialize", this in the next one.
const place = { step: "serialize", name: "spillwayChecksumPerMessage" } as const;

/** Takes the messages of this command's answer past the SDK's checksum test; the returned function gives them, once the command has been sent. */
export function takeMessages(
  command: ReceiveMessageCommand,
): (answer: ReceiveMessageCommandOutput) => ReceiveMessageCommandOutput["Messages"] {
  let messages: ReceiveMessageCommandOutput["Messages"];
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      messages = result.output.Messages;
      delete result.output.Messages;
      return result;
    },
    place,
  );
  return (answer) => messages ?? answer.Messages;
}

/** The same for the entries that a SendMessageBatch reports as stored. */
export function takeStored(
  command: SendMessageBatchCommand,
): (answer: SendMessageBatchCommandOutput) => SendMessageBatchCommandOutput["Successful"] {
  let stored: SendMessageBatchCommandOutput["Successful"];
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      stored = result.output.Successful;
      result.output.Successful = undefined;
      return result;
    },
    place,
  );
  return (answer) => stored ?? answer.Successful;
}
