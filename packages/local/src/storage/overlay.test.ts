import { expect, test } from "vitest";
import type { Database, Entry } from "./environment.ts";
import { createOverlay } from "./overlay.ts";

type Range = Parameters<Database["range"]>[0];

/** A database that is a sorted list: slow, and plainly right. */
function listOf(entries: ReadonlyMap<string, string>): Pick<Database, "get" | "range"> {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    get: (key) => {
      const value = entries.get(key.toString());
      return value === undefined ? undefined : Buffer.from(value);
    },
    range({ from, until, limit = Infinity, reverse }: Range): Iterable<Entry> {
      const [low, high] = [from.toString(), until.toString()];
      const inside = reverse
        ? sorted.filter(([key]) => key <= low && key > high).reverse()
        : sorted.filter(([key]) => key >= low && key < high);
      return inside.slice(0, limit).map(([key, value]) => ({ key: Buffer.from(key), value: Buffer.from(value) }));
    },
  };
}

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

const texts = (entries: Iterable<Entry>): readonly string[] => Array.from(entries, ({ key, value }) => `${String(key)}=${String(value)}`);

test("an overlay reads as if its changes had been made, whatever they are", () => {
  const random = seeded(7);
  const keyName = (): string => `k${random(30)}`;
  for (let round = 0; round < 300; round += 1) {
    const stored = new Map(Array.from({ length: random(20) }, () => [keyName(), `s${random(9)}`]));
    const expected = new Map(stored);
    const overlay = createOverlay(listOf(stored));
    for (let change = random(20); change > 0; change -= 1) {
      const key = keyName();
      if (random(3) === 0) {
        overlay.remove(Buffer.from(key));
        expected.delete(key);
      } else {
        overlay.put(Buffer.from(key), Buffer.from(`c${change}`));
        expected.set(key, `c${change}`);
      }
    }
    const model = listOf(expected);
    for (let look = 0; look < 8; look += 1) {
      const [from, until] = [Buffer.from(keyName()), Buffer.from(keyName())];
      const range = { from, until, reverse: random(2) === 0, ...(random(2) === 0 ? { limit: random(6) } : {}) };
      expect(texts(overlay.range(range))).toEqual(texts(model.range(range)));
      expect(overlay.get(from)?.toString()).toBe(model.get(from)?.toString());
    }
    const made = new Map(stored);
    for (const [key, value] of overlay.changes()) {
      if (value === undefined) made.delete(key.toString());
      else made.set(key.toString(), value.toString());
    }
    expect([...made].sort()).toEqual([...expected].sort());
  }
});
