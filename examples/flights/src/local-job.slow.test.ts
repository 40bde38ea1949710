import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { openLocal } from "@spillway/local";
import { tallies } from "./store/local-backend.ts";
import { expectOutcome } from "./testing/expect-outcome.ts";
import { readLog } from "./testing/read-log.ts";
import { startJob } from "./testing/start-job.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const working = "Three pipelines work them off";

describe("the job, as a process", () => {
  let directory: string;

  beforeEach(async () => {
    directory = join(await temporaryFolder(), "job");
  });

  it("loses nothing and counts nothing twice when it is killed 20 times at random moments", async () => {
    const limit = 80_000;
    const random = seeded(20);
    const kills = 20;
    for (let kill = 1; kill <= kills; kill += 1) {
      const job = startJob(["--directory", directory, "--limit", String(limit)]);
      // Some at any moment from the start of the process on, most while the pipelines work.
      if (kill % 4 !== 0) await job.printed(working);
      await sleep(random() * 600);
      job.process.kill("SIGKILL");
      await job.ended;
    }
    const last = await startJob(["--directory", directory]).ended;
    expect(last).toMatchObject({ code: 0, output: expect.stringMatching(/over \d+ starts, \d+ of them killed/) as string });
    await expectAllInOrder(directory, limit);
  });

  it("finishes what has started on the first SIGINT, and the next start does the rest", async () => {
    const job = startJob(["--directory", directory, "--limit", "20000"]);
    await job.printed(working);
    job.process.kill("SIGINT");
    const stopped = await job.ended;
    expect(stopped).toMatchObject({ code: 0, output: expect.stringMatching(/Stopped: [\d,]+ messages left/) as string });

    const next = await startJob(["--directory", directory]).ended;
    expect(next).toMatchObject({ code: 0, output: expect.stringContaining("None was delivered again") as string });
    await expectAllInOrder(directory, 20_000);

    const again = await startJob(["--directory", directory]).ended;
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining("everything had been worked off before") as string });
  });

  it("ends with 1, and says what is wrong, when the store's books do not balance; and tells from them what came again", async () => {
    expect(await startJob(["--directory", directory, "--limit", "200"]).ended).toMatchObject({ code: 0 });
    const store = await openLocal({ directory });
    const routes = tallies(store, "routes");
    for await (const [key, tally] of routes.entries()) {
      await routes.put(key, { ...tally, counted: tally.counted - 1, deliveredAgain: 3 });
      break;
    }
    await store.close();
    const next = await startJob(["--directory", directory]).ended;
    expect(next.code).toBe(1);
    expect(next.output).toContain("The books do not balance");
    expect(next.output).toContain("3 messages were delivered again, and not counted again.");
    expect(next.output).toContain("routes: all messages are settled, but 1 of them have left no trace.");
  });

  it("ends at once on a second SIGINT", async () => {
    // As a shell starts it: npm passes signals on, so that one Ctrl-C may arrive twice, and a second one is not believed at once.
    const job = startJob(["--directory", directory], { npm_lifecycle_event: "" });
    await job.printed(working);
    job.process.kill("SIGINT");
    await job.printed("again ends at once");
    job.process.kill("SIGINT");
    // A shell reports a process that SIGINT has ended as exit code 130.
    expect(await job.ended).toMatchObject({ code: null, signal: "SIGINT" });
  });

  it("does not work on a folder on which another process works", async () => {
    const first = startJob(["--directory", directory]);
    await first.printed(working);
    for (const more of [[], ["--fresh"]]) {
      const second = await startJob(["--directory", directory, ...more]).ended;
      expect(second).toMatchObject({ code: 1, output: expect.stringContaining(`Process ${first.process.pid} is working`) as string });
    }
    first.process.kill("SIGKILL");
    await first.ended;
  });
});

/** Everything that the store holds against what the files say. */
async function expectAllInOrder(directory: string, limit: number): Promise<void> {
  const store = await openLocal({ directory });
  try {
    await expectOutcome({ store, read: (output) => readLog(store, output) }, limit);
  } finally {
    await store.close();
  }
}

/** The same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}
