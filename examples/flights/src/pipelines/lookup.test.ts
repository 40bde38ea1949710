import { describe, expect, it } from "vitest";
import { recordHeader } from "../producer/record-number.ts";
import { lookup, ServiceBusy, type Trouble } from "./lookup.ts";

function failures(trouble: Trouble, attempt: number): readonly number[] {
  const call = lookup<string>(trouble);
  return Array.from({ length: 20_000 }, (_, record) => record).filter((record) => {
    try {
      const message = { id: "1", key: "DFW", value: undefined, headers: [recordHeader(record)], timestampMs: 0 };
      return call("value", { message, attempt }) !== "value";
    } catch (error) {
      return error instanceof ServiceBusy;
    }
  });
}

describe("lookup", () => {
  it("fails for about the share that was asked for", () => {
    expect(failures({ failRate: 0, seed: 1 }, 1)).toEqual([]);
    expect(failures({ failRate: 1, seed: 1 }, 1).length).toBe(20_000);
    const few = failures({ failRate: 0.01, seed: 1 }, 1).length;
    expect(few).toBeGreaterThan(150);
    expect(few).toBeLessThan(250);
  });

  it("fails for the same records with the same seed, for others with another seed or at another attempt", () => {
    const first = failures({ failRate: 0.01, seed: 1 }, 1);
    expect(failures({ failRate: 0.01, seed: 1 }, 1)).toEqual(first);
    expect(failures({ failRate: 0.01, seed: 2 }, 1)).not.toEqual(first);
    expect(failures({ failRate: 0.01, seed: 1 }, 2)).not.toEqual(first);
  });
});
