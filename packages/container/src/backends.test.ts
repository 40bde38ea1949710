import { expect, test } from "vitest";
import { createBackends } from "./backends.ts";
import { text } from "./option.ts";
import { scheme, type Scheme } from "./scheme.ts";
import { memoryWorld } from "./testing/memory-scheme.ts";

const refused = (message: string | RegExp): Error =>
  expect.objectContaining({ code: "SPILLWAY_INVALID_OPTIONS", message: expect.stringMatching(message) as string }) as Error;

test("sources and sinks are opened by URL", async () => {
  const backends = createBackends([memoryWorld().scheme]);
  expect(await backends.open("source", "memory:orders")).toMatchObject({ kind: "log", name: "orders" });
  expect(await backends.open("source", "memory:jobs?as=queue")).toMatchObject({ kind: "queue", name: "jobs" });
  expect(await backends.open("sink", "memory:dead")).toMatchObject({ name: "dead" });
});

test("a client is made once for all URLs that share it, and ended at the end, the last made first", async () => {
  const world = memoryWorld();
  const backends = createBackends([world.scheme]);
  await Promise.all(["memory://a/1", "memory://a/2?as=queue", "memory://b/1"].map((url) => backends.open("source", url)));
  await backends.open("sink", "memory://a/3");
  expect(world.calls).toEqual(["connect a", "connect b"]);
  await backends.close();
  expect(world.calls.slice(2)).toEqual(["disconnect b", "disconnect a"]);
});

test("what does not exist is refused with what does", async () => {
  const backends = createBackends([memoryWorld().scheme, memoryWorld("kafka").scheme]);
  await expect(backends.open("source", "kafak:orders")).rejects.toEqual(refused(/"kafak:".*Did you mean "kafka:"/));
  await expect(backends.open("source", "amqp://host/q")).rejects.toEqual(refused(/Registered: memory:.*, kafka:/));
  await expect(backends.open("stores", "memory:orders")).rejects.toEqual(refused(/"memory:" has no stores/));
  await expect(backends.open("source", "memory:orders?consumers=a")).rejects.toEqual(refused(/Did you mean "consumer"/));
});

test("a wrong option is refused before a client is made", async () => {
  const world = memoryWorld();
  await expect(createBackends([world.scheme]).open("source", "memory:orders?maxBatchSize=0")).rejects.toEqual(refused("maxBatchSize"));
  expect(world.calls).toEqual([]);
});

test("URLs are printed without their secrets", () => {
  const backends = createBackends([memoryWorld().scheme]);
  expect(backends.printable("memory://me:secret@host/orders?token=secret&as=log")).toBe("memory://me:***@host/orders?token=***&as=log");
});

test("one client that does not end well keeps no other from ending", async () => {
  const ended: string[] = [];
  const failing: Scheme = scheme({
    name: "failing",
    form: "failing:name",
    options: { x: text() },
    clientKey: ({ path }) => path,
    connect: ({ path }) => path,
    disconnect: (client) => {
      ended.push(client);
      if (client === "bad") throw new Error("no");
    },
    source: undefined,
    stores: undefined,
    sink: ({ client }) => ({ name: client, traits: { maxBatchSize: 1, order: "none" }, write: async () => [] }),
  });
  const backends = createBackends([failing]);
  for (const name of ["one", "bad", "two"]) await backends.open("sink", `failing:${name}`);
  await expect(backends.close()).rejects.toThrow("1 of 3 clients did not end well");
  expect(ended).toEqual(["two", "bad", "one"]);
});

test("a client that could not be made is tried again by the next URL", async () => {
  let tries = 0;
  const flaky = scheme({
    name: "flaky",
    form: "flaky:name",
    options: {},
    clientKey: () => "",
    connect: () => {
      tries += 1;
      if (tries === 1) throw new Error("not yet");
      return tries;
    },
    disconnect: () => undefined,
    source: undefined,
    stores: undefined,
    sink: () => ({ name: "s", traits: { maxBatchSize: 1, order: "none" }, write: async () => [] }),
  });
  const backends = createBackends([flaky]);
  await expect(backends.open("sink", "flaky:a")).rejects.toThrow("not yet");
  expect(await backends.open("sink", "flaky:a")).toMatchObject({ name: "s" });
});

test("two schemes of one name are refused", () => {
  expect(() => createBackends([memoryWorld().scheme, memoryWorld().scheme])).toThrow(refused("named"));
});
