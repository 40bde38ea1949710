import type { HandleContext } from "@spillway/core";
import { describe, expect, it } from "vitest";
import { recordHeader } from "../producer/record-number.ts";
import { memoryBackend } from "../store/memory-backend.ts";
import { countOnce } from "./count-once.ts";
import { addFlight, noFlights } from "./statistics.ts";

function flight(record: number, key: string): Pick<HandleContext, "message"> {
  return { message: { id: `${record}`, key, value: undefined, headers: [recordHeader(record)], timestampMs: 0 } };
}

describe("countOnce", () => {
  it("adds each message of a key to its statistic", async () => {
    const backend = memoryBackend();
    const count = countOnce(backend.table("routes"), noFlights, addFlight);
    await count({ delay: 20, distance: 1, time: 0 }, flight(3, "DFW"));
    await count({ delay: -5, distance: 1, time: 0 }, flight(8, "DFW"));
    await count({ delay: 1, distance: 1, time: 0 }, flight(5, "ORD"));
    expect(backend.tallies("routes").get("DFW")).toEqual({
      statistic: { flights: 2, late: 1, totalDelay: 15, longestDelay: 20 },
      counted: 2,
      lastRecord: 8,
      deliveredAgain: 0,
    });
    expect(backend.tallies("routes").get("ORD")?.counted).toBe(1);
  });

  it("recognises messages that come again, and does not count them a second time", async () => {
    const backend = memoryBackend();
    const count = countOnce(backend.table("routes"), noFlights, addFlight);
    for (const record of [1, 2, 4, 2, 4, 6]) await count({ delay: 10, distance: 1, time: 0 }, flight(record, "DFW"));
    expect(backend.tallies("routes").get("DFW")).toMatchObject({ counted: 4, deliveredAgain: 2, statistic: { totalDelay: 40 } });
  });
});
