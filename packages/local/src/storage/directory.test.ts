import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLocal } from "../open-local.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

test("a directory that is missing is made, with the directories above it", async () => {
  const directory = join(await temporaryDirectory(), "one", "two");
  const store = await openLocal({ directory });
  await store.close();
  expect((await readFile(join(directory, "data.mdb"))).length).toBeGreaterThan(0);
});

test("a file in the place of the directory is refused and left alone", async () => {
  const file = join(await temporaryDirectory(), "file");
  await writeFile(file, "mine");
  await expect(openLocal({ directory: file })).rejects.toMatchObject({
    code: "SPILLWAY_STORE_UNAVAILABLE",
    failureClass: "fatal",
    message: expect.stringContaining("is not a directory") as string,
  });
  await expect(openLocal({ directory: join(file, "below") })).rejects.toMatchObject({ code: "SPILLWAY_STORE_UNAVAILABLE" });
  expect(await readFile(file, "utf8")).toBe("mine");
});

test.runIf(process.platform === "linux").each(["/proc/store", "/proc/self/store/below"])(
  "a directory in a file system that takes none is refused: %s",
  async (directory) => {
    await expect(openLocal({ directory })).rejects.toMatchObject({
      code: "SPILLWAY_STORE_UNAVAILABLE",
      failureClass: "fatal",
      message: expect.stringContaining("Choose another") as string,
    });
  },
);

test("a directory that this process may not write is refused with what to do", async () => {
  const directory = join(await temporaryDirectory(), "locked");
  await mkdir(directory);
  await chmod(directory, 0o555);
  onTestFinished(() => chmod(directory, 0o755));
  giveUpRights();
  await expect(openLocal({ directory: join(directory, "store") })).rejects.toMatchObject({
    code: "SPILLWAY_STORE_UNAVAILABLE",
    failureClass: "fatal",
    message: expect.stringContaining("Change its owner or mode") as string,
  });
});

/** Root may write anywhere: for the rest of the test it may do what nobody may. */
function giveUpRights(): void {
  const nobody = 65_534;
  if (process.geteuid?.() !== 0) return;
  process.seteuid?.(nobody);
  onTestFinished(() => process.seteuid?.(0));
}
