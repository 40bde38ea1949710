import { SendMessageBatchCommand, type BatchResultErrorEntry, type SendMessageBatchResultEntry, type SQSClient } from "@aws-sdk/client-sqs";
import { SpillwayError, succeeded, type Clock, type ItemResult } from "@spillway/spec";
import { callSqs } from "./call-sqs.ts";
import { isMd5Of, takeStored } from "./checksum.ts";
import type { ObjectStore } from "./object-store.ts";
import type { OutgoingEntry } from "./outgoing-entry.ts";
import { bareName, meaningOf } from "./sqs-error.ts";
import { withTimeLimit } from "./with-time-limit.ts";

/** What sending works with. */
export interface SendOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly store: ObjectStore | undefined;
}

/** Sends at most 10 entries in one call, their objects first; one result for each, in order. Rejects only when the signal aborts. */
export type Send = (entries: readonly OutgoingEntry[], signal: AbortSignal) => Promise<readonly ItemResult[]>;

/** Makes the function that sends entries to one queue. */
export function createSend({ client, queueUrl, requestTimeoutMs: timeoutMs, clock, store }: SendOptions): Send {
  const checkMd5 = client.config.md5 !== false;

  async function upload({ upload }: OutgoingEntry, signal: AbortSignal): Promise<SpillwayError | undefined> {
    if (upload === undefined || store === undefined) return undefined;
    const { object, text } = upload;
    try {
      const limit = { signal, timeoutMs, clock, what: `Storing object ${object.key} of bucket ${object.bucket}` };
      await withTimeLimit(limit, (callSignal) => store.put(object, Buffer.from(text, "utf8"), { signal: callSignal }));
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return error instanceof SpillwayError ? error : notUploaded(error);
    }
  }

  /** Removes the object of an entry that SQS refused; that of an entry whose fate is unknown must stay, because its message may exist. */
  async function refused({ upload }: OutgoingEntry, error: SpillwayError, signal: AbortSignal): Promise<ItemResult> {
    if (upload === undefined || store === undefined) return { ok: false, error };
    try {
      const limit = { signal, timeoutMs, clock, what: `Deleting object ${upload.object.key} of bucket ${upload.object.bucket}` };
      await withTimeLimit(limit, (callSignal) => store.delete(upload.object, { signal: callSignal }));
      return { ok: false, error };
    } catch (cleanupError) {
      const { code, failureClass, message } = error;
      const left = `${message} Its object ${upload.object.key} stays behind in bucket ${upload.object.bucket}: ${String(cleanupError)}`;
      return { ok: false, error: new SpillwayError(left, { code, failureClass, cause: cleanupError }) };
    }
  }

  async function sendBatch(entries: readonly OutgoingEntry[], signal: AbortSignal): Promise<readonly ItemResult[]> {
    const command = new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: entries.map(({ entry }, index) => ({ ...entry, Id: String(index) })),
    });
    const storedOf = takeStored(command);
    try {
      const call = { action: "SendMessageBatch", queueUrl, timeoutMs, clock, signal } as const;
      const answer = await callSqs(call, (abortSignal) => client.send(command, { abortSignal }));
      const stored = new Map(storedOf(answer)?.map((result) => [result.Id, result]));
      const failed = new Map(answer.Failed?.map((result) => [result.Id, result]));
      return await Promise.all(
        entries.map(async (entry, index): Promise<ItemResult> => {
          const result = stored.get(String(index));
          if (result !== undefined) return checkMd5 ? checked(entry, result) : succeeded;
          const failure = failed.get(String(index));
          return failure === undefined ? { ok: false, error: noResult() } : await refused(entry, entryError(failure), signal);
        }),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SpillwayError)) throw error;
      // The queue's own limit is lower than maxBytes: what does not fit together may fit alone.
      if (isTooLong(error)) return await sendHalves(entries, signal);
      return entries.map(() => ({ ok: false, error }));
    }
  }

  async function sendHalves(entries: readonly OutgoingEntry[], signal: AbortSignal): Promise<readonly ItemResult[]> {
    const [first, ...others] = entries;
    if (first !== undefined && others.length === 0) return [await refused(first, oversize("it is longer than this queue takes"), signal)];
    const middle = Math.ceil(entries.length / 2);
    return [...(await sendBatch(entries.slice(0, middle), signal)), ...(await sendBatch(entries.slice(middle), signal))];
  }

  return async (entries, signal) => {
    const failures = await Promise.all(entries.map((entry) => upload(entry, signal)));
    const ready = entries.filter((_, index) => failures[index] === undefined);
    const results = (ready.length === 0 ? [] : await sendBatch(ready, signal)).values();
    return failures.map((error) =>
      error === undefined ? (results.next().value ?? { ok: false, error: noResult() }) : { ok: false, error },
    );
  };
}

function checked({ entry }: OutgoingEntry, result: SendMessageBatchResultEntry): ItemResult {
  if (isMd5Of(entry.MessageBody ?? "", result.MD5OfMessageBody)) return succeeded;
  return {
    ok: false,
    error: new SpillwayError(
      `SQS stored message ${result.MessageId} with a checksum that is not that of its body. It is sent again, so the queue may now hold a damaged copy.`,
      { code: "SPILLWAY_SQS_CHECKSUM" },
    ),
  };
}

/** What SQS says about one entry, as an error of ours. */
function entryError({ Code = "", Message = "", SenderFault }: BatchResultErrorEntry): SpillwayError {
  const name = bareName(Code);
  const meaning = meaningOf(name);
  if (meaning !== undefined) return new SpillwayError(`SQS refused a message: ${name}: ${Message} ${meaning.advice}`, meaning);
  if (SenderFault !== true)
    return new SpillwayError(`SQS could not store a message: ${name}: ${Message} It is tried again.`, { code: "SPILLWAY_SQS_UNAVAILABLE" });
  if (/must be shorter|too long|exceed/i.test(Message)) return oversize(`${name}: ${Message}`);
  return new SpillwayError(`SQS refused a message, and always will: ${name}: ${Message}`, {
    code: "SPILLWAY_SQS_REFUSED",
    failureClass: "permanent",
  });
}

function isTooLong(error: SpillwayError): boolean {
  return error.cause instanceof Error && bareName(error.cause.name) === "BatchRequestTooLong";
}

function oversize(reason: string): SpillwayError {
  return new SpillwayError(`A message is too large for the queue: ${reason}. Set maxBytes to the queue's MaximumMessageSize.`, {
    code: "SPILLWAY_OVERSIZE",
    failureClass: "permanent",
  });
}

function notUploaded(error: unknown): SpillwayError {
  return new SpillwayError(`A large payload could not be stored, so its message was not sent: ${String(error)}`, {
    code: "SPILLWAY_SQS_OBJECT_NOT_STORED",
    cause: error,
  });
}

function noResult(): SpillwayError {
  return new SpillwayError("SQS gave no result for one entry of a batch call: whether it was stored is unknown; it is sent again.", {
    code: "SPILLWAY_RESULT_MISMATCH",
  });
}
