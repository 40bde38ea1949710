import { createLogUpdate } from "log-update";
import type { Progress } from "../work/progress.ts";
import { count, percent, perSecond, plural } from "./format.ts";
import { rateMeter } from "./rate-meter.ts";
import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";

// What a line holds beside its bar.
const besideBar = 56;

/** Draws the progress of all pipelines over itself, a bar for each. */
export function liveView({ stream, colors }: Terminal): View {
  // The cursor stays: after a kill -9 nobody could bring it back.
  const draw = createLogUpdate(stream, { showCursor: true });
  const meters = new Map<string, ReturnType<typeof rateMeter>>();
  let last: readonly Progress[] = [];
  let notes = "";

  function bar(part: number, whole: number): string {
    const width = Math.min(40, Math.max(10, (stream.columns ?? 80) - besideBar));
    const full = whole === 0 ? width : Math.floor((part / whole) * width);
    return colors.cyan("━".repeat(full)) + colors.dim("─".repeat(width - full));
  }

  function block({ log, settled, total, behind, counts }: Progress): string {
    const meter = meters.get(log) ?? rateMeter();
    meters.set(log, meter);
    const { messages, elapsedMs } = meter.measure(settled, performance.now());
    const done = settled === total;
    const rate = done ? colors.green("done") : notes === "" ? perSecond(messages, elapsedMs) : "stopping";
    const deadLetters = counts?.deadLettered ?? 0;
    const first = `${log.padEnd(11)} ${bar(settled, total)} ${percent(settled, total).padStart(5)}  ${count(settled)} of ${count(total)}  ${rate}`;
    const second = [
      colors.dim(`lag ${behind.map((each) => count(each)).join(" · ")}`),
      colors.dim(plural(counts?.retries ?? 0, "retry", "retries")),
      (deadLetters === 0 ? colors.dim : colors.yellow)(plural(deadLetters, "dead letter")),
    ].join("   ");
    return `  ${first}\n    ${second}`;
  }

  function show(progress: readonly Progress[]): void {
    last = progress;
    draw(progress.map(block).join("\n") + notes);
  }

  return {
    show,
    note(text) {
      notes += `\n\n  ${text}`;
      show(last);
    },
    end: () => draw.done(),
  };
}
