import type { Counts, Settled } from "@spillway/core";
import type { LogSource } from "@spillway/spec";
import type { Observable } from "rxjs";
import { benchLog, type BenchTraits } from "./bench-log.ts";
import { Countdown } from "./countdown.ts";
import type { Page } from "./pages.ts";
import type { Variant } from "./rounds.ts";
import { start } from "./running.ts";

/** A pipeline that runs over all rounds, as one side of a comparison. */
export interface PipelineVariant {
  readonly variant: Variant;
  /** Stops it; throws if it did not end every message that it was given as it must, or left a watermark behind. Resolves to how many it was given. */
  stop(): Promise<number>;
}

/**
 * Starts a pipeline over a log of these pages. Each message must tick the countdown once, when it has come to its end; all must succeed, unless `expected` says
 * otherwise of so many.
 */
export function pipelineVariant<T>(
  name: string,
  pages: readonly (readonly Page<T>[])[],
  build: (source: LogSource<T, BenchTraits>, countdown: Countdown) => Observable<Settled>,
  expected: (given: number) => Partial<Counts> = (given) => ({ succeeded: given }),
): PipelineVariant {
  const log = benchLog(pages);
  const countdown = new Countdown();
  const running = start(build(log.source, countdown));
  let given = 0;
  return {
    variant: {
      name,
      run(messages) {
        given += messages;
        const done = countdown.start(messages);
        log.give(messages);
        return done;
      },
    },
    async stop() {
      await running.stop({ delivered: given, inFlight: 0, ...expected(given) });
      log.checkWatermarks();
      return given;
    },
  };
}
