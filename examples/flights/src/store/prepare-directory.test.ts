import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { deleteDirectory, isOurs, makeDirectory } from "./prepare-directory.ts";

// The real one, but for a failure that a test asks for: nothing keeps root from deleting a file.
vi.mock(import("node:fs/promises"), async (importOriginal) => {
  const real = await importOriginal();
  return { ...real, rm: vi.fn(real.rm) };
});

describe("the data folder", () => {
  it("is ours once it was made by us, and can then be deleted", async () => {
    const directory = join(await temporaryFolder(), "new");
    expect(await isOurs(directory)).toBe(false);
    await makeDirectory(directory);
    expect(await isOurs(directory)).toBe(true);
    await deleteDirectory(directory);
    expect(existsSync(directory)).toBe(false);
  });

  it("is not deleted when it holds anything that we have not made", async () => {
    const directory = await temporaryFolder();
    await writeFile(join(directory, "thesis.txt"), "ten years of work");
    await expect(isOurs(directory)).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
    await expect(deleteDirectory(directory)).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
    expect(existsSync(join(directory, "thesis.txt"))).toBe(true);
  });

  it("is still ours when it was not deleted to the end, and the refusal says what to do", async () => {
    const directory = join(await temporaryFolder(), "job");
    await makeDirectory(directory);
    await writeFile(join(directory, "data.mdb"), "");
    vi.mocked(rm).mockRejectedValueOnce(Object.assign(new Error("EBUSY: resource busy or locked"), { code: "EBUSY" }));
    await expect(deleteDirectory(directory)).rejects.toMatchObject({
      code: "SPILLWAY_INVALID_OPTIONS",
      message: `${directory} cannot be deleted (EBUSY). Delete it yourself, or choose another folder with --directory.`,
    });
    expect(await isOurs(directory)).toBe(true);
    await deleteDirectory(directory);
    expect(existsSync(directory)).toBe(false);
  });

  it("cannot be a file", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "");
    await expect(isOurs(file)).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
  });

  it.runIf(process.platform === "linux")("cannot be where the file system takes none", async () => {
    await expect(makeDirectory("/proc/flights/data")).rejects.toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
  });
});
