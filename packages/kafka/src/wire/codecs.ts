import { promisify } from "node:util";
import zlib from "node:zlib";
import kafkajs from "kafkajs";
import { KafkaError } from "../client/kafka-error.ts";

// Node sees only some of kafkajs's exports by their names.
const { CompressionCodecs } = kafkajs;

/** How batches may be packed. */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** Each packing's number on the wire. */
export const compressionTypes: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

/** Unpacks what is packed with the codec of this number. */
export type Decompress = (codec: number, bytes: Buffer) => Promise<Buffer>;

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

const loaded = new Map<number, Codec>();

/** Unpacks bytes; fatal, naming the package to install, when the codec is not there. */
export const decompress: Decompress = async (codec, bytes) => Buffer.from(await codecOf(codec).decompress(bytes));

/** Packs bytes; fatal, naming the package to install, when the codec is not there. */
export async function compress(codec: number, bytes: Buffer): Promise<Buffer> {
  return codecOf(codec).compress({ buffer: bytes });
}

/** The codec that the application registered with kafkajs, else the one that Node has. */
function codecOf(type: number): Codec {
  const known = loaded.get(type);
  if (known !== undefined) return known;
  const codec = registered(type) ?? (type === compressionTypes.zstd ? builtInZstd() : undefined);
  if (codec === undefined) throw missing(type);
  loaded.set(type, codec);
  return codec;
}

function registered(type: number): Codec | undefined {
  try {
    return (CompressionCodecs as Record<number, (() => Codec) | undefined>)[type]?.();
  } catch {
    return undefined; // kafkajs's placeholder for a codec that nobody registered throws
  }
}

type Zstd = (bytes: Buffer, done: (error: Error | null, result: Buffer) => void) => void;

/** Node 22.15 and newer. */
function builtInZstd(): Codec | undefined {
  const { zstdCompress, zstdDecompress } = zlib as unknown as { readonly zstdCompress?: Zstd; readonly zstdDecompress?: Zstd };
  if (zstdCompress === undefined || zstdDecompress === undefined) return undefined;
  const [pack, unpack] = [promisify(zstdCompress), promisify(zstdDecompress)];
  return { compress: ({ buffer }) => pack(buffer), decompress: (bytes) => unpack(bytes) };
}

function missing(type: number): KafkaError {
  const name = Object.entries(compressionTypes).find(([, number]) => number === type)?.[0] ?? `number ${type}`;
  return new KafkaError(
    `A batch needs the codec ${name}, which is not there. Register one with kafkajs's CompressionCodecs; docs/kafka.md names packages.`,
    { type: "UNSUPPORTED_COMPRESSION_TYPE", code: "SPILLWAY_KAFKA_CODEC", failureClass: "fatal" },
  );
}
