import { type FileHandle, open, readdir } from "node:fs/promises";
import { type PartitionId, SpillwayError } from "@spillway/spec";

/** The longest line, and the most that is read at once, in bytes: 1 MiB, a choice of this log. */
export const maxLineBytes = 1_024 * 1_024;

/** The most messages of a batch. */
const maxLines = 1_000;

const lineBreak = 10;
const notByRetry = ["ENOENT", "ENOTDIR", "EACCES", "EPERM"];

/** The partitions of a log: its directory's files, which whoever makes the log has made. */
export async function listFiles(directory: string): Promise<readonly PartitionId[]> {
  const names = await readdir(directory).catch((error: unknown) => unusable(directory, error));
  const files = names.filter((name) => name.endsWith(".jsonl")).toSorted();
  if (files.length === 0) return unusable(directory, { code: "ENOENT" });
  return files as readonly string[] as readonly PartitionId[];
}

/** Opens a partition's file for as long as the work takes, to read or to write it. */
export async function withFile<T>(path: string, flags: "r" | "r+", work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags).catch((error: unknown) => unusable(path, error));
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** Resolves to the whole lines that begin at this offset, as far as one reading goes, and to the offset at which each ends. */
export async function readLines(file: FileHandle, from: number): Promise<readonly { readonly text: string; readonly end: number }[]> {
  const bytes = await readBytes(file, from, maxLineBytes);
  const lines: { readonly text: string; readonly end: number }[] = [];
  let begin = 0;
  for (let at = bytes.indexOf(lineBreak); at >= 0 && lines.length < maxLines; at = bytes.indexOf(lineBreak, begin)) {
    lines.push({ text: bytes.toString("utf8", begin, at), end: from + at + 1 });
    begin = at + 1;
  }
  if (lines.length === 0 && bytes.byteLength === maxLineBytes) return tooLong(from);
  return lines;
}

/** Resolves to where the last whole line ends. What follows it is being written, or was torn by a crash and never confirmed. */
export async function wholeEnd(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const from = Math.max(0, size - maxLineBytes);
  const at = (await readBytes(file, from, size - from)).lastIndexOf(lineBreak);
  return at < 0 && from > 0 ? tooLong(from) : from + at + 1;
}

/** Whether a line ends at this offset. */
export async function isLineEnd(file: FileHandle, offset: number): Promise<boolean> {
  return offset > 0 && (await readBytes(file, offset - 1, 1))[0] === lineBreak;
}

async function readBytes(file: FileHandle, from: number, most: number): Promise<Buffer> {
  const { size } = await file.stat();
  const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(most, size - from)));
  const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, from);
  return buffer.subarray(0, bytesRead);
}

function unusable(path: string, cause: unknown): never {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "unknown";
  throw new SpillwayError(
    `${path} cannot be used (${code}). A log is a directory with at least one file NAME.jsonl, which this process may read and write.`,
    { code: "SPILLWAY_STORE_UNAVAILABLE", failureClass: notByRetry.includes(code) ? "fatal" : "transient", cause },
  );
}

function tooLong(offset: number): never {
  throw new SpillwayError(
    `No line ends within ${maxLineBytes} bytes of offset ${offset}: the file is not one of this log. Mend or remove it.`,
    {
      code: "SPILLWAY_FORMAT",
      failureClass: "fatal",
    },
  );
}
