import type { ItemResult, OutgoingMessage, Sink } from "@spillway/spec";
import { expect, it } from "vitest";
import { appendInTurns } from "./append-in-turns.ts";

const message = (key: string, value: number): OutgoingMessage<Uint8Array> => ({ key, value: Uint8Array.of(value) });

it("never has two messages of a key under way, keeps those of a key in order, and gives each its own result", async () => {
  const underWay = new Set<string>();
  const written: string[] = [];
  const sink: Sink<Uint8Array> = {
    name: "table",
    traits: { maxBatchSize: 2, order: "none" },
    async write(messages) {
      for (const { key } of messages) {
        expect(underWay.has(String(key))).toBe(false);
        underWay.add(String(key));
      }
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      for (const { key, value } of messages) {
        underWay.delete(String(key));
        written.push(`${String(key)}${value[0]}`);
      }
      return messages.map(({ key }): ItemResult => (key === "b" ? { ok: false, error: new Error("b") } : { ok: true }));
    },
  };
  const messages = ["a", "b", "a", "c", "a", "d", "e", "c"].map((key, index) => message(key, index));
  const results = await appendInTurns(sink, messages, new AbortController().signal);
  expect(results.map(({ ok }) => ok)).toEqual([true, false, true, true, true, true, true, true]);
  expect(written.filter((each) => each.startsWith("a"))).toEqual(["a0", "a2", "a4"]);
  expect(written.toSorted()).toEqual(["a0", "a2", "a4", "b1", "c3", "c7", "d5", "e6"]);
});
