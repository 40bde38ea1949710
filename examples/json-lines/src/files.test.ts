import { appendFile, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStores } from "@spillway/memory";
import { type PartitionId, type Payload } from "@spillway/spec";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jsonLinesSink } from "./json-lines-sink.ts";
import { jsonLinesSource } from "./json-lines-source.ts";
import { maxLineBytes } from "./line-file.ts";

describe("the files of a log", () => {
  const { signal } = new AbortController();
  let directory = "";
  const file = (): string => join(directory, "0.jsonl");
  const message = (text: string): { readonly value: Payload } => ({ value: Buffer.from(text) });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "spillway-json-lines-"));
    await writeFile(file(), "");
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function firstBatch(at: "earliest" | "latest"): Promise<readonly string[]> {
    const source = jsonLinesSource({ directory, consumer: "test", stores: memoryStores() });
    for await (const { messages } of source.read("0.jsonl" as PartitionId, { from: { at }, signal })) {
      return messages.map(({ value }) => String(value));
    }
    return [];
  }

  it("are not read beyond the last whole line", async () => {
    await jsonLinesSink({ directory }).write([message("one")], { signal });
    await appendFile(file(), '{"timestampMs":1');
    expect(await firstBatch("earliest")).toEqual(["one"]);
    expect(await firstBatch("latest")).toEqual([]);
  });

  it("lose a line that a crash has torn when the next is written", async () => {
    await jsonLinesSink({ directory }).write([message("one")], { signal });
    await appendFile(file(), '{"timestampMs":1');
    await jsonLinesSink({ directory }).write([message("two")], { signal });
    expect(await firstBatch("earliest")).toEqual(["one", "two"]);
  });

  it.each(["no message", "{}", ""])("stop a reader with the line %j, which is no message", async (line) => {
    await appendFile(file(), `${line}\n`);
    await expect(firstBatch("earliest")).rejects.toMatchObject({ code: "SPILLWAY_FORMAT", failureClass: "fatal" });
  });

  it("stop readers and writers, who cut nothing, when no line in them ends", async () => {
    const handle = await open(file(), "w");
    await handle.truncate(maxLineBytes + 1);
    await handle.close();
    await expect(firstBatch("earliest")).rejects.toMatchObject({ code: "SPILLWAY_FORMAT", failureClass: "fatal" });
    const writing = jsonLinesSink({ directory }).write([message("one")], { signal });
    await expect(writing).rejects.toMatchObject({ code: "SPILLWAY_FORMAT", failureClass: "fatal" });
    expect((await readFile(file())).byteLength).toBe(maxLineBytes + 1);
  });

  it("are missed with an error that stops a pipeline", async () => {
    const missing = join(directory, "missing");
    const source = jsonLinesSource({ directory: missing, consumer: "test", stores: memoryStores() });
    const expected = { code: "SPILLWAY_STORE_UNAVAILABLE", failureClass: "fatal" };
    await expect(source.partitions({ signal })).rejects.toMatchObject(expected);
    await expect(jsonLinesSink({ directory: missing }).write([message("one")], { signal })).rejects.toMatchObject(expected);
  });
});
