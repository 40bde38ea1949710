import { setMaxListeners } from "node:events";
import { systemClock } from "@spillway/spec";
import { ConformanceFailure } from "./conformance-failure.ts";

/** What a running case waits with: nothing in a case sleeps, and nothing waits longer than the case's deadline. */
export interface CaseContext {
  /** Aborts at the case's deadline and when the case has ended; given to every call whose own abort is not what the case is about. */
  readonly signal: AbortSignal;
  /** Resolves or rejects as the work does; fails the case at its deadline, naming what did not happen. */
  within<T>(what: string, work: Promise<T>): Promise<T>;
  /** Asks again and again until the probe resolves to true; fails the case at its deadline, naming what did not happen. */
  until(what: string, probe: () => boolean | Promise<boolean>): Promise<void>;
}

/** A context whose end frees its timer and aborts its signal. */
export interface OpenedContext extends CaseContext {
  end(): void;
}

const probeEveryMs = 5;

/** Starts a case's deadline: real time, whatever clock the subject runs on. */
export function openContext(deadlineMs: number): OpenedContext {
  const controller = new AbortController();
  const { signal } = controller;
  // A case may have many calls under way at once, and each may listen.
  setMaxListeners(0, signal);
  const stopDeadline = systemClock.schedule(deadlineMs, () => controller.abort());
  const untilMs = systemClock.nowMs() + deadlineMs;

  function within<T>(what: string, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const expire = (): void => reject(new ConformanceFailure(what, `it within ${deadlineMs} ms`, "it still had not happened"));
      const free = (): void => signal.removeEventListener("abort", expire);
      signal.addEventListener("abort", expire, { once: true });
      work.then(resolve, reject).then(free, free);
      // A subject that answers at once for ever lets no timer run: then the deadline is noticed here.
      if (signal.aborted || systemClock.nowMs() > untilMs) expire();
    });
  }

  return {
    signal,
    within,
    async until(what, probe) {
      while (!(await within(what, Promise.resolve(probe())))) {
        await within(what, pause());
      }
    },
    end() {
      stopDeadline();
      controller.abort();
    },
  };
}

/** Lets a probe that found nothing be asked again without keeping the processor busy. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    systemClock.schedule(probeEveryMs, resolve);
  });
}
