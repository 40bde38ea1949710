import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "./testing/run-program.ts";

describe("the programs that the documentation quotes", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "spillway-getting-started-"));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it("memory-pipeline dead-letters one order and charges the two around it", async () => {
    expect(await runProgram("memory-pipeline", folder)).toEqual({
      code: 0,
      lines: ["charging 12 for a-1", "charging 30 for a-3", "3 delivered = 2 succeeded + 1 dead-lettered"],
    });
  });

  it("local-pipeline retries, filters and dead-letters, and goes on when it is started again", async () => {
    const counts = "5 delivered = 2 succeeded + 1 filtered + 2 dead-lettered, after 2 retries";
    const declined = ["permanent at handle: no such card", '  {"id":"b-1","total":25}'];
    const undecodable = [expect.stringMatching(/^decode at decode: the payload is not JSON/) as string, "  not an order"];
    const first = await runProgram("local-pipeline", folder);
    expect(first.code).toBe(0);
    expect(first.lines[0]).toBe(counts);
    expect(first.lines).toHaveLength(5);
    expect(first.lines).toEqual(expect.arrayContaining([...declined, ...undecodable]));

    const second = await runProgram("local-pipeline", folder);
    expect(second.lines[0]).toBe(counts);
    expect(second.lines).toHaveLength(9);
  });

  it("rxjs-operator lets an operator of RxJS stand between two of ours", async () => {
    expect(await runProgram("rxjs-operator", folder)).toEqual({ code: 0, lines: ["a", "b", "c", "3 delivered, 3 succeeded"] });
  });

  it("halting stops before the entry that cannot be booked, and goes on with it when that is mended", async () => {
    expect(await runProgram("halting", folder)).toEqual({
      code: 0,
      lines: ["booked 10", "booked 20", "halted, and nothing was skipped", "mended, started again", "booked 30", "booked 40"],
    });
  });

  it("stopping says what it does, and finishes what has started when it is asked to stop", async () => {
    const { code, lines } = await runProgram("stopping", folder, { stopAfter: "unsettled" });
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^clicks-\d: \d+ unsettled, the first one /);
    expect(lines.at(-1)).toMatch(/^asked to stop: \d+ succeeded, \d+ given back, 0 in flight$/);
  });
});
