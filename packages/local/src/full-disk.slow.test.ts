import { expect, test } from "vitest";
import { openLocal } from "./open-local.ts";
import { openLog } from "./open-log.ts";
import type { FullReport } from "./testing/append-until-full.ts";
import { startProgram } from "./testing/start-program.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

// A limit on the size of a file stands for a full disk: a write beyond it fails, and nothing else does.
const underLimit = ["sh", "-c", 'ulimit -f 4000 && exec "$@"', "sh"];

test.skipIf(process.platform === "win32")(
  "a full disk refuses appends, keeps what was acknowledged, and passes when there is room again",
  async () => {
    const directory = await temporaryDirectory();
    const report = JSON.parse(await startProgram("append-until-full", [directory], underLimit).ended()) as FullReport;
    expect(report).toMatchObject({ code: "SPILLWAY_STORE_UNAVAILABLE", failureClass: "transient" });
    expect(report.appendedAfterTrim).toBeGreaterThan(10);
    expect(report.message).toContain("space");
    expect(report.acknowledged).toBeGreaterThan(10);
    expect(report.held).toBe(report.acknowledged);

    const store = await openLocal({ directory });
    const [state] = await (await openLog({ store, log: "log" })).state();
    expect(state?.appended).toBe(report.acknowledged + report.appendedAfterTrim);
    await store.close();
  },
);
