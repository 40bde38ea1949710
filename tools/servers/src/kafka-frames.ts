/** The head of a Kafka request, and its bytes. */
export interface KafkaRequest {
  /** Which call: see kafkaApi. */
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  /** The whole frame, its four length bytes included. */
  readonly frame: Buffer;
}

/** The keys of the calls that fault tests aim at. */
export const kafkaApi = {
  produce: 0,
  fetch: 1,
  listOffsets: 2,
  metadata: 3,
  offsetCommit: 8,
  offsetFetch: 9,
  findCoordinator: 10,
  joinGroup: 11,
  heartbeat: 12,
  leaveGroup: 13,
  syncGroup: 14,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const;

/** Puts a byte stream together again as length-prefixed frames. */
export interface FrameReader {
  /** Takes the next bytes; returns the frames that are complete now. */
  push(chunk: Buffer): readonly Buffer[];
  /** Takes out what can be no frame of Kafka's; from then on everything comes out here. */
  unframed(): Buffer;
}

const largestFrameBytes = 100 * 1024 * 1024;

/** Makes a reader for one connection. */
export function frameReader(): FrameReader {
  let pending: Buffer = Buffer.alloc(0);
  let framed = true;
  return {
    push(chunk) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const frames: Buffer[] = [];
      while (framed && pending.length >= 4) {
        const length = pending.readUInt32BE(0);
        // Something other than Kafka, such as HTTP: its first four letters are a very large number.
        if (length > largestFrameBytes) framed = false;
        if (!framed || pending.length < 4 + length) break;
        frames.push(pending.subarray(0, 4 + length));
        pending = pending.subarray(4 + length);
      }
      return frames;
    },
    unframed() {
      if (framed) return Buffer.alloc(0);
      const bytes = pending;
      pending = Buffer.alloc(0);
      return bytes;
    },
  };
}

/** Reads the head of a request. */
export function requestOf(frame: Buffer): KafkaRequest {
  return { apiKey: frame.readInt16BE(4), apiVersion: frame.readInt16BE(6), correlationId: frame.readInt32BE(8), frame };
}
