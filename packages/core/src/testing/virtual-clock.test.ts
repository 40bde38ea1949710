import { describe, expect, it } from "vitest";
import { seededRandom, skewedClock, virtualClock } from "./virtual-clock.ts";

describe("virtualClock", () => {
  it("runs timers at their own time, in order of due time and then of scheduling", async () => {
    const clock = virtualClock({ startMs: 0 });
    const ran: string[] = [];
    clock.schedule(20, () => ran.push(`late ${clock.nowMs()}`));
    clock.schedule(10, () => ran.push(`first ${clock.nowMs()}`));
    clock.schedule(10, () => ran.push(`second ${clock.nowMs()}`));
    await clock.advance(15);
    expect(ran).toEqual(["first 10", "second 10"]);
    expect(clock.nowMs()).toBe(15);
    await clock.advance(5);
    expect(ran).toEqual(["first 10", "second 10", "late 20"]);
  });

  it("runs a timer that a promise chain of an earlier timer scheduled, at its time", async () => {
    const clock = virtualClock({ startMs: 0 });
    const ran: number[] = [];
    clock.schedule(10, () => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => clock.schedule(5, () => ran.push(clock.nowMs())));
    });
    await clock.advance(30);
    expect(ran).toEqual([15]);
  });

  it("runs deferred tasks before time moves on, and those that they defer", async () => {
    const clock = virtualClock({ startMs: 0 });
    const ran: string[] = [];
    clock.schedule(1, () => ran.push("timer"));
    clock.defer(() => {
      ran.push("deferred");
      clock.defer(() => ran.push(`again ${clock.nowMs()}`));
    });
    await clock.advance(1);
    expect(ran).toEqual(["deferred", "again 0", "timer"]);
  });

  it("runs nothing that was cancelled and counts nothing that is over", async () => {
    const clock = virtualClock();
    const ran: string[] = [];
    const cancel = clock.schedule(1, () => ran.push("timer"));
    const cancelDeferred = clock.defer(() => ran.push("deferred"));
    expect(clock.pending).toBe(2);
    cancel();
    cancelDeferred();
    expect(clock.pending).toBe(0);
    await clock.advance(10);
    expect(ran).toEqual([]);
  });

  it("stops at the instant at which the condition holds", async () => {
    const clock = virtualClock({ startMs: 0 });
    let ticks = 0;
    const tick = (): void => {
      ticks++;
      clock.schedule(10, tick);
    };
    tick();
    await clock.runUntil(() => ticks === 4);
    expect(clock.nowMs()).toBe(30);
  });

  it("refuses to wait for what will not happen", async () => {
    const idle = virtualClock();
    await expect(idle.runUntil(() => false)).rejects.toThrow("nothing is scheduled");
    const busy = virtualClock();
    const tick = (): void => void busy.schedule(10, tick);
    tick();
    await expect(busy.runUntil(() => false, 100)).rejects.toThrow("100 ms");
  });
});

describe("skewedClock", () => {
  it("runs its time and its timers at its own rate, and a jump moves its time only", async () => {
    const clock = virtualClock({ startMs: 0 });
    const fast = skewedClock(clock, { offsetMs: 500, rate: 1.25 });
    const ran: number[] = [];
    fast.schedule(100, () => ran.push(clock.nowMs()));
    fast.jump(1_000);
    await clock.advance(100);
    expect(ran).toEqual([80]);
    expect(fast.nowMs()).toBe(1_625);
  });
});

describe("seededRandom", () => {
  it("gives the same numbers for the same seed, spread over the unit interval", () => {
    const first = seededRandom(7);
    const again = seededRandom(7);
    const numbers = Array.from({ length: 1_000 }, () => first());
    expect(numbers).toEqual(Array.from({ length: 1_000 }, () => again()));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
  });
});
