import type { Progress } from "../work/progress.ts";
import { count, percent, perSecond, plural } from "./format.ts";
import { rateMeter } from "./rate-meter.ts";
import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";

const everyMs = 2_000;

/** Prints a line for each pipeline now and then, for logs and pipes. */
export function plainView({ print }: Terminal): View {
  const meters = new Map<string, ReturnType<typeof rateMeter>>();
  let nextMs = 0;
  let last: readonly Progress[] = [];

  function line({ log, settled, total, behind, counts }: Progress): string {
    const meter = meters.get(log) ?? rateMeter();
    meters.set(log, meter);
    const { messages, elapsedMs } = meter.measure(settled, performance.now());
    const rate = settled === total ? "done" : perSecond(messages, elapsedMs);
    const troubles = `${plural(counts?.retries ?? 0, "retry", "retries")}, ${plural(counts?.deadLettered ?? 0, "dead letter")}`;
    const lag = behind.map((each) => count(each)).join(" · ");
    return `  ${log.padEnd(11)} ${percent(settled, total).padStart(5)}  ${count(settled)} of ${count(total)}, ${rate}, lag ${lag}, ${troubles}`;
  }

  return {
    show(progress) {
      last = progress;
      const nowMs = performance.now();
      if (nowMs < nextMs) return;
      nextMs = nowMs + everyMs;
      for (const each of progress) print(line(each));
    },
    note: (text) => print(`  ${text}`),
    end() {
      for (const each of last) print(line(each));
    },
  };
}
