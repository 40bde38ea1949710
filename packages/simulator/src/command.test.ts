import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect, test, vi } from "vitest";
import { main, type Surroundings } from "./command.ts";
import { runScenario } from "./run-scenario.ts";
import { generateScenario } from "./scenario/generate-scenario.ts";

/** The program's surroundings, in which real time goes on by six seconds at every look, and a seed may be one that breaks a promise. */
function surroundings(bad?: number): Surroundings & { readonly said: () => string } {
  const texts: string[] = [];
  let nowMs = 0;
  return {
    said: () => texts.join(""),
    write: (text) => void texts.push(text),
    nowMs: () => (nowMs += 6_000),
    async run(scenario, options) {
      const result = await runScenario(scenario, options);
      if (scenario.seed !== bad) return result;
      return { ...result, violations: [{ guarantee: "G2", says: "a checkpoint passes m7, which has not ended" }] };
    },
  };
}

test("seeds that break nothing: progress, and a report of the faults that struck and the states that were reached", async () => {
  const around = surroundings();
  const limit = Error.stackTraceLimit;
  expect(await main(["--seeds", "3"], around)).toBe(0);
  const said = around.said();
  expect(said).toMatch(/^1 of 3 seeds, \d+ a second, 0 failed\n2 of 3 seeds, \d+ a second, 0 failed\n3 of 3 seeds/);
  expect(said).toMatch(/\n3 seeds, \d+\.\d a second; \d{3} messages, \d+\.\d hours of virtual time, \d+ crashes; 0 failed\n/);
  expect(said).toMatch(/Faults that struck:\n {2}[a-z.-]+: [a-z ]+ +\d+\n/);
  expect(said).toMatch(/States that the engine reached:\n[\s\S]*partition-gained +\d+\n/);
  expect(Error.stackTraceLimit).toBe(limit);
}, 60_000);

test("a seed that breaks a promise ends the run: what it broke, how to replay it, the last sixty entries of its history, exit code 1", async () => {
  const around = surroundings(2);
  expect(await main(["--seeds", "5"], around)).toBe(1);
  const said = around.said();
  expect(said).toContain("seed 2 BREAKS G2: a checkpoint passes m7, which has not ended\n  replay it: npm run simulate -- --seed 2\n");
  const { history } = await runScenario(generateScenario(2), { keepHistory: true });
  expect(said).toContain(`The last of what happened (${history.length} entries in all):\n${history.slice(-60).join("\n")}\n`);
  expect(said).not.toContain(history.at(-61));
  expect(said).toMatch(/\n2 seeds, .*; 1 failed\n/);
}, 60_000);

test("with --keep-going the seeds behind a failed one are run as well", async () => {
  const around = surroundings(2);
  expect(await main(["--seeds", "2", "--from", "2", "--keep-going"], around)).toBe(1);
  expect(around.said()).toMatch(/\n2 seeds, .*; 1 failed\n/);
}, 60_000);

test("one seed is replayed with its scenario, its whole history and what it breaks", async () => {
  const around = surroundings(2);
  expect(await main(["--seed", "2"], around)).toBe(1);
  const { history, hash } = await runScenario(generateScenario(2), { keepHistory: true });
  expect(around.said()).toContain(`${JSON.stringify(generateScenario(2))}\n\n${history.join("\n")}\n`);
  expect(around.said()).toContain(`history ${hash}\nBROKEN G2: a checkpoint passes m7, which has not ended\n`);
}, 60_000);

test("a scenario is run from a file, and --shrink writes one", async () => {
  const folder = await mkdtemp(`${tmpdir()}/spillway-simulate-`);
  try {
    const scenario = generateScenario(3);
    await writeFile(`${folder}/one.json`, JSON.stringify({ ...scenario, faults: [] }));
    const replayed = surroundings();
    expect(await main(["--scenario", `${folder}/one.json`], replayed)).toBe(0);
    expect(replayed.said()).toContain('"faults":[]');
    // Nothing is left out of a scenario that breaks no promise.
    expect(await main(["--seed", "3", "--shrink", `${folder}/other.json`], surroundings())).toBe(0);
    expect(JSON.parse(await readFile(`${folder}/other.json`, "utf8"))).toEqual(JSON.parse(JSON.stringify(scenario)));
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);

test.each([
  { name: "--seeds", text: "0" },
  { name: "--seeds", text: "many" },
  { name: "--seed", text: "1.5" },
  { name: "--from", text: "x" },
])("a number that is none is said to be wrong, and runs nothing: $name $text", async ({ name, text }) => {
  const around = surroundings();
  expect(await main([name, text], around)).toBe(2);
  expect(around.said()).toBe(`"${text}" is not a number of seeds, nor a seed: give a whole number from 1.\n`);
});

test("the program that is installed says its help, and its exit code", async () => {
  const texts: string[] = [];
  const { argv, exitCode } = process;
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => texts.push(String(text)) > 0);
  process.argv = ["node", "spillway-simulate", "--help"];
  process.exitCode = 7;
  try {
    await import("./cli.ts");
    expect(process.exitCode).toBe(0);
    expect(texts.join("")).toMatch(/^Runs the engine through seeded disasters[\s\S]*--keep-going/);
  } finally {
    write.mockRestore();
    process.argv = argv;
    process.exitCode = exitCode;
  }
});
