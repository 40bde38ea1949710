import picocolors from "picocolors";
import { expect, test } from "vitest";
import type { InputLog } from "../producer/data-set.ts";
import type { Terminal } from "../view/terminal.ts";
import type { Worked } from "../work/work-off.ts";
import { runTable } from "./run-table.ts";

const terminal: Terminal = {
  interactive: true,
  colors: picocolors.createColors(false),
  stream: { columns: 80 } as NodeJS.WriteStream,
  print: () => undefined,
};

function worked(log: InputLog, delivered: number, filtered: number): Worked {
  const counts = { delivered, succeeded: delivered - filtered - 30, filtered, deadLettered: 10, aborted: 20, inFlight: 0, retries: 3 };
  const report = { ...counts, checkpoints: 1, listenerErrors: 0, elapsedMs: 2_000, stoppedBecause: "done" } as Worked["report"];
  return { log, report, progress: { log, total: delivered, settled: delivered, behind: [0], counts: report, left: 0 } };
}

test("the outcomes of a pipeline stand in one column, under what was delivered", () => {
  expect(runTable(terminal, [worked("departures", 200_000, 150_000), worked("routes", 2_000, 1_000)]).split("\n")).toEqual([
    "                   departures  routes",
    "    delivered         200,000   2,000",
    "  = succeeded          49,970     970",
    "  + filtered          150,000   1,000",
    "  + dead-lettered          10      10",
    "  + aborted                20      20",
    "",
    "    retries                 3       3",
    "    time                2.0 s   2.0 s",
    "    rate            100,000/s   990/s",
  ]);
});
