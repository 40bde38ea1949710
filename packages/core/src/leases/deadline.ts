import type { Clock } from "@spillway/spec";

/** One write that, if it succeeds, moves the deadline. */
export interface Extension {
  /** The write succeeded: the deadline counts from when it was sent, not from when it was answered. */
  confirm(): void;
  /** It failed, or nobody knows: the deadline stays where it was. */
  drop(): void;
}

/** The instant after which an owner must not believe in its lease any more. */
export interface Deadline {
  /** Call before sending a write. */
  begin(): Extension;
  /** Whether it has passed; says so also when the timer is late or the machine slept. */
  isPassed(): boolean;
  /** Ends it without passing. */
  stop(): void;
}

/**
 * An owner trusts whichever of two measures is the longer: the timer, which does not notice that the wall clock was set back, and the wall clock,
 * which notices that the machine slept.
 */
export function deadline(clock: Clock, afterMs: number, onPassed: () => void): Deadline {
  let armed: (() => void) | undefined;
  let sentAtMs: number | undefined;
  let over = false;

  function pass(): void {
    if (over) return;
    stop();
    onPassed();
  }
  function stop(): void {
    over = true;
    armed?.();
    armed = undefined;
  }

  return {
    begin() {
      const beganAtMs = clock.nowMs();
      let confirmed = false;
      let elapsed = false;
      const cancel = clock.schedule(afterMs, () => {
        elapsed = true;
        if (confirmed) pass();
      });
      return {
        confirm() {
          if (over) return cancel();
          confirmed = true;
          armed?.();
          armed = cancel;
          sentAtMs = beganAtMs;
          if (elapsed) pass();
        },
        drop: cancel,
      };
    },
    isPassed() {
      if (!over && sentAtMs !== undefined && clock.nowMs() - sentAtMs >= afterMs) pass();
      return over;
    },
    stop,
  };
}
