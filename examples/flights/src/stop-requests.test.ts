import { describe, expect, it } from "vitest";
import { echoOfNpm, stopRequests } from "./stop-requests.ts";

describe("stopRequests", () => {
  it("stops in good order at the first signal, and at once at the second", () => {
    const request = stopRequests({ echoMs: 0 });
    expect([request(), request()]).toEqual(["stop", "stop at once"]);
  });

  it("takes what follows on the heels of the first signal for its echo, and no more than that", () => {
    let now = 1_000;
    const request = stopRequests({ echoMs: 500, nowMs: () => now });
    expect(request()).toBe("stop");
    now += 20;
    expect(request()).toBe("nothing new");
    now += 479;
    expect(request()).toBe("nothing new");
    now += 1;
    expect(request()).toBe("stop at once");
  });

  it("expects an echo where npm has started the process, and nowhere else", () => {
    expect(echoOfNpm({ npm_lifecycle_event: "start" })).toBeGreaterThan(0);
    expect(echoOfNpm({ npm_lifecycle_event: "" })).toBe(0);
    expect(echoOfNpm({})).toBe(0);
  });
});
