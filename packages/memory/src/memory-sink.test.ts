import { expect, test } from "vitest";
import { memorySink } from "./memory-sink.ts";

const { signal } = new AbortController();

test("a sink of any values keeps them in order, as they are, until it is cleared", async () => {
  const sink = memorySink<{ readonly n: number }>();
  const values = [{ n: 1 }, { n: 2 }];
  await sink.write(
    values.map((value, n) => ({ key: `key ${n}`, value })),
    { signal },
  );
  expect(sink.messages.map(({ value }) => value)).toEqual(values);
  expect(sink.messages[0]?.value).toBe(values[0]);
  sink.clear();
  expect(sink.messages).toEqual([]);
});
