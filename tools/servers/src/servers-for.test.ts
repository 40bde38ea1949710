import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cannotStart, whyNot } from "./servers-for.ts";

let nothing: string;
beforeEach(async () => {
  nothing = await mkdtemp(join(tmpdir(), "spillway-no-java-"));
  vi.stubEnv("PATH", nothing);
  vi.stubEnv("SPILLWAY_REQUIRE_SERVERS", "");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(nothing, { recursive: true });
});

const says =
  "No kafka server: there is no Java (17 or newer is needed: the command `java`). Set SPILLWAY_KAFKA to use a server that runs already.";

test("a test is told that it is skipped", async () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  expect(await whyNot("kafka")).toContain("there is no Java");
  expect(warn).toHaveBeenCalledExactlyOnceWith(`${says} Tests that need it are skipped.`);
  warn.mockRestore();
});

test("a test that must not be skipped fails", async () => {
  vi.stubEnv("SPILLWAY_REQUIRE_SERVERS", "1");
  await expect(whyNot("kafka")).rejects.toThrow(`${says} It is required`);
});

test("a program is told what is missing, and nothing is printed or skipped", async () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  expect(await cannotStart("kafka")).toBe(says);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

test("a server that needs no Java can be started without it", async () => {
  expect(await cannotStart("kinesis")).toBeUndefined();
});
