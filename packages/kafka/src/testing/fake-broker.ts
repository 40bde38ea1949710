import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { Kafka, logLevel } from "kafkajs";
import { byteReader, int16, int32, string16 } from "../wire/byte-reader.ts";
import { byteWriter, writeBytes, writeId64, writeInt16, writeInt32, writeInt64, writeString16, written } from "../wire/byte-writer.ts";
import type { ProduceAnswer } from "../wire/produce.ts";

/** A broker of one topic with one partition, which stores nothing and answers produce requests as a test wants. */
export interface FakeBroker {
  readonly client: Kafka;
  /** The requests to store something, in their order. */
  readonly produced: readonly ProducedRequest[];
  close(): Promise<void>;
}

/** A request to store something. */
export interface ProducedRequest {
  readonly batch: Buffer;
  /** The request's size on the wire. */
  readonly bytes: number;
}

/** The fake broker's only topic. */
export const fakeTopic = "t";
/** The fake broker's id. */
export const fakeNode = 1;
/** What a broker answers that has stored the batch at offset 7. */
export const stored: ProduceAnswer = { topic: fakeTopic, partition: 0, errorCode: 0, baseOffset: 7 };

const versions: readonly (readonly [apiKey: number, version: number])[] = [
  [0, 7],
  [3, 0],
  [18, 2],
  [22, 0],
];

/** Starts a broker; `answer` says what the produce request of this number, from 0, is answered with. */
export async function fakeBroker(answer: (request: number) => readonly ProduceAnswer[] = () => [stored]): Promise<FakeBroker> {
  const produced: ProducedRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let pending: Buffer = Buffer.alloc(0);
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const end = 4 + pending.readInt32BE(0);
        socket.write(answered(pending.subarray(0, end)));
        pending = pending.subarray(end);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  function answered(frame: Buffer): Buffer {
    const reader = byteReader(frame, 4);
    const apiKey = int16(reader);
    reader.at += 2; // version
    const correlationId = int32(reader);
    string16(reader); // client id
    const body = byteWriter(256);
    if (apiKey === 18) writeVersions(body);
    else if (apiKey === 3) writeMetadata(body, port);
    else if (apiKey === 22) writeProducerId(body);
    else {
      produced.push({ batch: batchOf(frame, reader.at), bytes: frame.length });
      writeProduced(body, answer(produced.length - 1));
    }
    const head = byteWriter(8);
    writeInt32(head, 4 + body.at);
    writeInt32(head, correlationId);
    return Buffer.concat([written(head), written(body)]);
  }

  return {
    client: new Kafka({ clientId: "spillway-test", brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING }),
    produced,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

type Writer = ReturnType<typeof byteWriter>;

function writeVersions(body: Writer): void {
  writeInt16(body, 0);
  writeInt32(body, versions.length);
  for (const [apiKey, version] of versions) for (const value of [apiKey, 0, version]) writeInt16(body, value);
  writeInt32(body, 0); // throttled for
}

function writeMetadata(body: Writer, port: number): void {
  writeInt32(body, 1);
  writeInt32(body, fakeNode);
  writeString16(body, "127.0.0.1");
  writeInt32(body, port);
  writeInt32(body, 1);
  writeInt16(body, 0);
  writeString16(body, fakeTopic);
  writeInt32(body, 1);
  writeInt16(body, 0);
  // The partition, its leader, and nothing of its replicas.
  for (const value of [0, fakeNode, 0, 0]) writeInt32(body, value);
}

function writeProducerId(body: Writer): void {
  writeInt32(body, 0); // throttled for
  writeInt16(body, 0);
  writeId64(body, 9n);
  writeInt16(body, 0);
}

function writeProduced(body: Writer, answers: readonly ProduceAnswer[]): void {
  writeInt32(body, answers.length);
  for (const { topic, partition, errorCode, baseOffset } of answers) {
    writeString16(body, topic);
    writeInt32(body, 1);
    writeInt32(body, partition);
    writeInt16(body, errorCode);
    writeInt64(body, baseOffset);
    writeBytes(body, Buffer.alloc(16)); // append time and log start
  }
  writeInt32(body, 0); // throttled for
}

/** The batch of a produce request whose body begins here. */
function batchOf(frame: Buffer, at: number): Buffer {
  const reader = byteReader(frame, at);
  reader.at += 2 + 2 + 4 + 4; // no transaction, acks, timeout, one topic
  string16(reader);
  reader.at += 4 + 4; // one partition, its number
  const length = int32(reader);
  return Buffer.from(frame.subarray(reader.at, reader.at + length));
}
