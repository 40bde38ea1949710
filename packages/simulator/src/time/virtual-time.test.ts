import { expect, test } from "vitest";
import { epochMs, VirtualTime } from "./virtual-time.ts";

test("timers run at their own time, in the order in which they were made where they are due together", async () => {
  const time = new VirtualTime();
  const ran: string[] = [];
  time.schedule(20, () => ran.push(`late ${time.nowMs - epochMs}`));
  time.schedule(10, () => ran.push(`first ${time.nowMs - epochMs}`));
  time.schedule(10, () => ran.push(`second ${time.nowMs - epochMs}`));
  const cancel = time.schedule(15, () => ran.push("cancelled"));
  cancel();
  expect(await time.run(() => false, epochMs + 1_000)).toBe(false);
  expect(ran).toEqual(["first 10", "second 10", "late 20"]);
});

test("microtasks run to their end before time moves on, however many they beget", async () => {
  const time = new VirtualTime();
  const ran: string[] = [];
  time.schedule(10, () => {
    void (async () => {
      for (let hop = 0; hop < 1_000; hop++) await Promise.resolve();
      ran.push(`hops done at ${time.nowMs - epochMs}`);
      time.schedule(1, () => ran.push(`next ${time.nowMs - epochMs}`));
    })();
  });
  time.schedule(12, () => ran.push("later"));
  await time.run(() => false, epochMs + 1_000);
  expect(ran).toEqual(["hops done at 10", "next 11", "later"]);
});

test("a run ends at the instant at which its condition holds, and goes on from there", async () => {
  const time = new VirtualTime();
  let ticks = 0;
  const tick = (): void => {
    ticks++;
    time.schedule(10, tick);
  };
  tick();
  expect(await time.run(() => ticks === 4, epochMs + 1_000)).toBe(true);
  expect(time.nowMs - epochMs).toBe(30);
  expect(await time.run(() => ticks === 6, epochMs + 1_000)).toBe(true);
  expect(time.nowMs - epochMs).toBe(50);
});
