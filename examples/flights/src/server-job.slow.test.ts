import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import { endpointVariables, whyNot } from "@spillway-tools/servers";
import { describe, expect, it } from "vitest";
import { serverKinds } from "./server-kinds.ts";
import { serverPlaces, type ServerPlace } from "./server-place.ts";
import { startJob } from "./testing/start-job.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const ofItsOwn = { ...Object.fromEntries(Object.values(endpointVariables).map((name) => [name, ""])), SPILLWAY_REQUIRE_SERVERS: "" };

async function whyNone(place: ServerPlace): Promise<string | undefined> {
  const reasons = await Promise.all(serverKinds[place].servers.map(({ name }) => whyNot(name)));
  return reasons.find((reason) => reason !== undefined);
}

describe.each(serverPlaces)("the job on %s, as a process", (place) => {
  const limit = ["--limit", "300"];

  it("starts its servers, does all of its work there, and leaves nothing behind", { timeout: 60_000 }, async ({ skip }) => {
    skip((await whyNone(place)) !== undefined, "the server cannot be started here");
    const folder = await temporaryFolder();
    const { code, output } = await startJob(["--on", place, ...limit], { ...ofItsOwn, TMPDIR: folder }).ended;
    const balance = "900 appended = 898 counted, each once + 2 dead letters";
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(balance) as string });
    const ports = [...output.matchAll(/127\.0\.0\.1:(\d+), started for this/g)].map(([, port]) => Number(port));
    expect(ports).toHaveLength(serverKinds[place].servers.length);
    for (const port of ports) {
      const socket = connect(port, "127.0.0.1");
      await expect(once(socket, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says what is missing, and ends with 2, where there is no Java", async () => {
    const { code, output } = await startJob(["--on", place, ...limit], { ...ofItsOwn, PATH: await temporaryFolder() }).ended;
    expect({ code, output }).toMatchObject({ code: 2, output: expect.stringContaining("there is no Java (17 or newer") as string });
    expect(output).not.toMatch(/skipped/i);
  });

  it("leaves nothing behind when it is killed", { timeout: 60_000 }, async ({ skip }) => {
    skip((await whyNone(place)) !== undefined, "the server cannot be started here");
    const folder = await temporaryFolder();
    const job = startJob(["--on", place, "--limit", "4000"], { ...ofItsOwn, TMPDIR: folder });
    await job.printed("Three pipelines work them off");
    expect(readdirSync(folder).some((name) => name.startsWith("spillway-flights-"))).toBe(true);
    job.process.kill("SIGKILL");
    expect(await job.ended).toMatchObject({ signal: "SIGKILL" });
    await expect.poll(() => readdirSync(folder), { timeout: 20_000 }).toEqual([]);
  });

  it("stops in good order on SIGINT, and leaves nothing behind", { timeout: 60_000 }, async ({ skip }) => {
    skip((await whyNone(place)) !== undefined, "the server cannot be started here");
    const job = startJob(["--on", place, "--limit", String(serverKinds[place].limit ?? 4_000)], ofItsOwn);
    await job.printed("Three pipelines work them off");
    job.process.kill("SIGINT");
    expect(await job.ended).toMatchObject({ code: 0, output: expect.stringMatching(/Stopped: [\d,]+ messages left/) as string });
  });
});
