import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import { whyNot } from "@spillway-tools/servers";
import { describe, expect, it } from "vitest";
import { startJob } from "./testing/start-job.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const ofItsOwn = { SPILLWAY_KAFKA: "", SPILLWAY_SQS_ENDPOINT: "", SPILLWAY_REQUIRE_SERVERS: "" };

describe.each(["kafka", "sqs"] as const)("the job on %s, as a process", (place) => {
  const limit = ["--limit", "300"];

  it("starts a server, does all of its work there, and leaves nothing behind", { timeout: 60_000 }, async ({ skip }) => {
    skip((await whyNot(place)) !== undefined, "the server cannot be started here");
    const folder = await temporaryFolder();
    const { code, output } = await startJob(["--on", place, ...limit], { ...ofItsOwn, TMPDIR: folder }).ended;
    const balance = "900 appended = 898 counted, each once + 2 dead letters";
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(balance) as string });
    const port = Number(/127\.0\.0\.1:(\d+), started for this/.exec(output)?.[1]);
    const socket = connect(port, "127.0.0.1");
    await expect(once(socket, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says what is missing, and ends with 2, where there is no Java", async () => {
    const { code, output } = await startJob(["--on", place, ...limit], { ...ofItsOwn, PATH: await temporaryFolder() }).ended;
    expect({ code, output }).toMatchObject({ code: 2, output: expect.stringContaining("there is no Java (17 or newer") as string });
  });

  it("stops in good order on SIGINT, and leaves nothing behind", { timeout: 60_000 }, async ({ skip }) => {
    skip((await whyNot(place)) !== undefined, "the server cannot be started here");
    const job = startJob(["--on", place], ofItsOwn);
    await job.printed("Three pipelines work them off");
    job.process.kill("SIGINT");
    expect(await job.ended).toMatchObject({ code: 0, output: expect.stringMatching(/Stopped: [\d,]+ messages left/) as string });
  });
});
