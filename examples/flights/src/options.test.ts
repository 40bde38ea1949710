import { describe, expect, it } from "vitest";
import { help, parseOptions } from "./options.ts";

describe("parseOptions", () => {
  it("asks for nothing special where nothing is said", () => {
    const options = parseOptions([]);
    expect(options).toMatchObject({ fresh: false, deadLetters: false, help: false, concurrency: 64, settings: {} });
    expect(options.directory.endsWith("data/flights")).toBe(true);
  });

  it("reads every option that --help names", () => {
    const args = [
      "--on",
      "local",
      "--fresh",
      "--dead-letters",
      "--help",
      "--directory",
      "/x",
      "--concurrency",
      "8",
      "--fail-rate",
      "0.5",
      "--seed",
      "3",
      "--limit",
      "9",
    ];
    expect(parseOptions(args)).toEqual({
      on: "local",
      fresh: true,
      deadLetters: true,
      help: true,
      directory: "/x",
      concurrency: 8,
      settings: { failRate: 0.5, seed: 3, limit: 9 },
    });
    for (const option of args.filter((each) => each.startsWith("--"))) expect(help).toContain(option);
  });

  it("fits --help into a terminal of 80 columns", () => {
    expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it.each([
    [["--limt", "3"], "--limt"],
    [["--limit", "0"], "--limit takes a number of at least 1"],
    [["--limit", "1.5"], "--limit takes a whole number"],
    [["--concurrency", "many"], '--concurrency takes a number of at least 1, not "many"'],
    [["--concurrency", ""], "--concurrency takes a number"],
    [["--fail-rate", "2"], "--fail-rate takes a number from 0 to 1"],
    [["--seed=-1"], "--seed takes a number of at least 0"],
    [["--concurrency", "-1"], "use '--concurrency=-XYZ'."],
    [["--seed"], "argument missing."],
    [["fresh"], "fresh"],
    [["--on", "rabbitmq"], '--on takes local, kafka, sqs, kinesis, dynamodb-streams, not "rabbitmq"'],
    [["--on", "kafka", "--fresh"], "on a server, a job leaves nothing behind"],
    [["--on", "sqs", "--directory", "/x"], "on a server, a job leaves nothing behind"],
  ])("refuses %j and says why, and where to read on", (args, why) => {
    for (const saying of [why, "--help"]) {
      expect(() => parseOptions(args)).toThrow(
        expect.objectContaining({ code: "SPILLWAY_INVALID_OPTIONS", message: expect.stringContaining(saying) as string }),
      );
    }
  });
});
