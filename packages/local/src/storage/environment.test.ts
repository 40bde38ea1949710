import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { openEnvironment, type Environment } from "./environment.ts";
import { keyOf } from "./keys.ts";

async function temporaryEnvironment(): Promise<Environment> {
  const environment = openEnvironment(await temporaryDirectory());
  onTestFinished(() => environment.close());
  return environment;
}

const key = (n: number): Buffer => keyOf("table", { u48: n });
const counter = keyOf("table", { rest: "counter" });

test("work that throws before it writes leaves nothing, and the work beside it is kept", async () => {
  const environment = await temporaryEnvironment();
  const refused = environment.write(() => {
    throw new RangeError("no");
  }, "process-crash");
  const kept = environment.write((database) => database.put(key(1), Buffer.from("kept")), "process-crash");
  await expect(refused).rejects.toThrow(RangeError);
  await kept;
  expect(await environment.read((database) => database.get(key(1))?.toString())).toBe("kept");
});

test.each(["process-crash", "power-loss"] as const)(
  "writes asked for together each see what the one before wrote (%s)",
  async (durability) => {
    const environment = await temporaryEnvironment();
    const seen = await Promise.all(
      Array.from({ length: 200 }, () =>
        environment.write((database) => {
          const before = Number(database.get(counter)?.toString() ?? "0");
          database.put(counter, Buffer.from(String(before + 1)));
          return before;
        }, durability),
      ),
    );
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => n));
  },
);

test("writes of others in between are seen, and none is lost", async () => {
  const directory = await temporaryDirectory();
  const both = [openEnvironment(directory), openEnvironment(directory)];
  let calls = 0;
  const writers = both.flatMap((environment) =>
    Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 50; n += 1) {
        await environment.write((database) => {
          calls += 1;
          database.put(counter, Buffer.from(String(Number(database.get(counter)?.toString() ?? "0") + 1)));
        }, "process-crash");
      }
    }),
  );
  await Promise.all(writers);
  expect(await both[0]?.read((database) => database.get(counter)?.toString())).toBe("400");
  // Otherwise nobody was in anybody's way.
  expect(calls).toBeGreaterThan(400);
  for (const environment of both) await environment.close();
});

test("work that throws takes nothing with it when its group has to be run again", async () => {
  const directory = await temporaryDirectory();
  const both = [openEnvironment(directory), openEnvironment(directory)];
  const outcomes = await Promise.all(
    both.flatMap((environment, which) => [
      environment.write((database) => database.put(key(which), Buffer.from("kept")), "power-loss").then(() => "kept"),
      environment
        .write(() => {
          throw new RangeError("no");
        }, "power-loss")
        .catch((error: unknown) => error),
    ]),
  );
  expect(outcomes).toEqual(["kept", expect.any(RangeError), "kept", expect.any(RangeError)]);
  for (const environment of both) await environment.close();
});

test("a range is bounded, limited, and can be walked backwards", async () => {
  const environment = await temporaryEnvironment();
  await environment.write((database) => {
    for (let n = 0; n < 10; n += 1) database.put(key(n), Buffer.from(String(n)));
  }, "process-crash");
  const texts = (options: {
    readonly from: number;
    readonly until: number;
    readonly limit?: number;
    readonly reverse?: boolean;
  }): Promise<string> =>
    environment.read((database) =>
      Array.from(database.range({ ...options, from: key(options.from), until: key(options.until) }), ({ value }) => value.toString()).join(
        "",
      ),
    );
  expect(await texts({ from: 3, until: 6 })).toBe("345");
  expect(await texts({ from: 3, until: 9, limit: 2 })).toBe("34");
  expect(await texts({ from: 6, until: 3, reverse: true })).toBe("654");
});

test("what was read stays as it was when the file is written and mapped anew", async () => {
  const environment = await temporaryEnvironment();
  const value = Buffer.alloc(100_000, "a");
  await environment.write((database) => database.put(key(1), value), "process-crash");
  const read = await environment.read((database) => database.get(key(1)));
  await environment.write((database) => database.put(key(1), Buffer.alloc(100_000, "b")), "process-crash");
  await environment.close();
  expect(read?.equals(value)).toBe(true);
});

test("reads and writes go on while the file is mapped anew again and again", async () => {
  const environment = await temporaryEnvironment();
  const value = Buffer.alloc(40_000, "x");
  await environment.write((database) => {
    for (let n = 0; n < 50; n += 1) database.put(key(n), value);
  }, "process-crash");
  const first50 = { from: key(0), until: key(50) };
  // Each read of all of them counts for 3 MB of mapped file, so that it is mapped anew about every sixteenth time.
  const readers = Array.from({ length: 4 }, async () => {
    const counts: number[] = [];
    for (let round = 0; round < 60; round += 1) {
      counts.push(
        await environment.read((database) => Array.from(database.range(first50)).filter((each) => each.value.equals(value)).length),
      );
    }
    return counts;
  });
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let n = 0; n < 100; n += 1)
      await environment.write((database) => database.put(key(1_000 * (writer + 1) + n), value), "process-crash");
  });
  await Promise.all(writers);
  expect(await Promise.all(readers)).toEqual(new Array(4).fill(new Array(60).fill(50)));
  expect(await environment.read((database) => Array.from(database.range({ from: key(1_000), until: key(5_000) })).length)).toBe(400);
});
