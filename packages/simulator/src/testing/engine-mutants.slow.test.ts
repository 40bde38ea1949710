import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleMutant } from "./bundle-mutant.ts";
import { engineMutants, type EngineMutant } from "./engine-mutants.ts";
import type { Found } from "./hunt.ts";

const seeds = 2_000;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/spillway-mutants-`);
});

afterAll(() => rm(folder, { recursive: true }));

async function huntFor(mutant: EngineMutant | undefined, name: string, most: number): Promise<Found | null> {
  const program = await bundleMutant(mutant, `${folder}/${name}`);
  const { stdout } = await promisify(execFile)(process.execPath, [program, String(most)], { timeout: 280_000 });
  return JSON.parse(stdout) as Found | null;
}

test("the hunt finds nothing wrong with the engine as it is", async () => {
  expect(await huntFor(undefined, "none", 100)).toBeNull();
});

test.each(engineMutants.map((mutant, index) => ({ mutant, index, name: mutant.name })))(
  "found within 2,000 seeds: $name",
  async ({ mutant, index }) => {
    const found = await huntFor(mutant, String(index), seeds);
    expect(found).toMatchObject({ guarantee: mutant.breaks ?? expect.any(String) });
  },
);
