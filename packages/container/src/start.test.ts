import "reflect-metadata";
import { checkpoint, classify, constant, deadLetter, decode, haltOnFailure, publish, retry, text, when } from "@spillway/core";
import { memoryLog, memorySource, memoryStores } from "@spillway/memory";
import type { Payload, Sink } from "@spillway/spec";
import { container, injectable } from "tsyringe";
import { describe, expect, test } from "vitest";
import { handleWith } from "./handle-with.ts";
import { handles } from "./handles.ts";
import { definePipeline } from "./pipeline-definition.ts";
import { scheme } from "./scheme.ts";
import { start } from "./start.ts";
import { memoryWorld, type MemoryWorld } from "./testing/memory-scheme.ts";

class Refused extends Error {}

@injectable()
class Charging {
  @handles({ concurrency: 4 })
  charge(order: string): string {
    if (order.startsWith("bad")) throw new Refused(order);
    if (order === "fatal") throw Object.assign(new Error(order), { failureClass: "fatal" });
    return `charged ${order}`;
  }
}

const utf8 = new TextEncoder();
const charges = definePipeline({ sources: ["orders"], sinks: ["charged", "dead"] }, ({ consume, sink, container: handlers }) =>
  consume("orders", { ordering: "key" }).pipe(
    decode(text()),
    handleWith(handlers, Charging, "charge"),
    publish(sink("charged"), (receipt, { message }) => ({ key: message.key, value: utf8.encode(receipt) })),
    classify(when(Refused, "permanent")),
    retry({ attempts: 2, backoff: constant(1) }),
    deadLetter(sink("dead")),
    checkpoint(),
  ),
);

/** What is alike in the schemes of these tests. */
const closing = {
  name: "closing",
  form: "closing:name",
  options: {},
  clientKey: () => "",
  connect: () => undefined,
  disconnect: () => undefined,
  stores: undefined,
};

const backends = { charged: "memory:charged", dead: "memory:dead" };

function textsOf(world: MemoryWorld, name: string): readonly string[] {
  const log = world.log(name);
  return log.partitions().flatMap(({ id }) => {
    const partition = log.partition(id);
    return Array.from({ length: partition.end() }, (_, offset) => new TextDecoder().decode(partition.at(offset)?.value ?? undefined));
  });
}

/** Runs the pipeline over this source until all six orders have ended; resolves to what it left. */
async function outcomes(
  orders: string,
): Promise<{ readonly charged: readonly string[]; readonly dead: readonly string[]; readonly calls: readonly string[] }> {
  const world = memoryWorld();
  await world.send(
    orders,
    ["a1", "b1", "bad a2", "a3", "b2", "bad c1"].map((order) => ({
      key: order.replace("bad ", "").slice(0, 1),
      value: utf8.encode(order),
    })),
  );
  const stop = new AbortController();
  const running = start(
    { charges },
    { config: { backends: { ...backends, orders } }, schemes: [world.scheme], container, signal: stop.signal },
  );
  await expect.poll(() => textsOf(world, "charged").length + textsOf(world, "dead").length).toBe(6);
  stop.abort();
  const { charges: report } = await running;
  expect(report).toMatchObject({ succeeded: 4, deadLettered: 2 });
  return { charged: textsOf(world, "charged"), dead: textsOf(world, "dead"), calls: world.calls };
}

describe("starting", () => {
  test("the same pipeline runs on a log and on a queue by another URL, with equal outcomes", async () => {
    const onLog = await outcomes("memory:orders?consumer=charges");
    const onQueue = await outcomes("memory:orders?as=queue");
    const ofKey = (texts: readonly string[], key: string): readonly string[] => texts.filter((each) => each.includes(` ${key}`));
    for (const key of ["a", "b", "c"]) expect(ofKey(onQueue.charged, key)).toEqual(ofKey(onLog.charged, key));
    expect(onQueue.charged.toSorted()).toEqual(onLog.charged.toSorted());
    expect(onQueue.dead.toSorted()).toEqual(onLog.dead.toSorted());
    expect(onLog.calls).toEqual(["connect ", "disconnect "]);
  });

  test("a pipeline that cannot go on stops the others, and the clients are closed", async () => {
    const world = memoryWorld();
    await world.send("memory:poison", [{ key: "k", value: utf8.encode("fatal") }]);
    const poisoned = definePipeline({ sources: ["poison"], sinks: [] }, ({ consume, container: handlers }) =>
      consume("poison", { ordering: "none" }).pipe(
        decode(text()),
        handleWith(handlers, Charging, "charge"),
        retry({ attempts: 2, backoff: constant(1) }),
        deadLetter({ name: "none", traits: { maxBatchSize: 1, order: "none" }, write: async () => [] }),
        checkpoint(),
      ),
    );
    const config = { backends: { ...backends, orders: "memory:orders", poison: "memory:poison" } };
    await expect(start({ charges, poisoned }, { config, schemes: [world.scheme], container })).rejects.toThrow("fatal");
    expect(world.calls).toEqual(["connect ", "disconnect "]);
  });

  test("only the pipelines that the configuration names are run", async () => {
    const world = memoryWorld();
    const signal = AbortSignal.abort();
    const config = { backends: { ...backends, orders: "memory:orders" }, pipelines: ["charges"] };
    const never = definePipeline({ sources: ["nowhere"], sinks: [] }, () => {
      throw new Error("was built");
    });
    expect(Object.keys(await start({ charges, never }, { config, schemes: [world.scheme], container, signal }))).toEqual(["charges"]);
  });
});

describe("what the configuration lacks is refused before anything is opened", () => {
  const refusedBy = async (config: Parameters<typeof start>[1]["config"]): Promise<string> => {
    const world = memoryWorld();
    const error: unknown = await start({ charges }, { config, schemes: [world.scheme], container }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
    expect(world.calls).toEqual([]);
    return String(error);
  };

  test("a backend without a URL", async () => {
    expect(await refusedBy({ backends: { ...backends, order: "memory:orders" } })).toContain(
      'needs a backend "orders", and the configuration has none of this name. Did you mean "order"?',
    );
  });

  test("a URL that cannot work, though all others can", async () => {
    expect(await refusedBy({ backends: { ...backends, orders: "memory:orders", dead: "memory:dead?maxBatchSize=none" } })).toContain(
      'The option "maxBatchSize" of a "memory:" URL',
    );
    expect(await refusedBy({ backends: { ...backends, orders: "memory:orders", dead: "amqp://host/dead" } })).toContain("amqp");
  });

  test("a pipeline that is not in the code", async () => {
    expect(await refusedBy({ backends, pipelines: ["charge"] })).toContain('Did you mean "charges"?');
  });
});

test("a name that a pipeline does not declare is refused, by the compiler and at run time", async () => {
  const world = memoryWorld();
  const undeclared = definePipeline({ sources: ["orders"], sinks: [] }, ({ consume, sink }) =>
    consume("orders", { ordering: "none" }).pipe(
      decode(text()),
      // @ts-expect-error -- "dead" is not among the sinks
      deadLetter(sink("dead")),
      checkpoint(),
    ),
  );
  const config = { backends: { orders: "memory:orders" } };
  await expect(start({ undeclared }, { config, schemes: [world.scheme], container })).rejects.toThrow('does not name a sink "dead"');
});

describe("opening", () => {
  const ordersOn = (url: string) => ({ backends: { ...backends, orders: url } });
  const sinkOf = (name: string): Sink<Payload> => ({ name, traits: { maxBatchSize: 1, order: "none" }, write: async () => [] });

  test("a log's consumer is the pipeline's name where its URL names none", async () => {
    const consumers: (string | undefined)[] = [];
    const noting = scheme({
      ...closing,
      source({ consumer }) {
        consumers.push(consumer);
        return memorySource({ log: memoryLog({ name: "orders" }), consumer: consumer ?? "nobody" });
      },
      sink: () => sinkOf("any"),
    });
    const config = { backends: {}, otherBackends: "closing:{name}" };
    await start({ charges, audit: charges }, { config, schemes: [noting], container, signal: AbortSignal.abort() });
    expect(consumers).toEqual(["charges", "audit"]);
  });

  test("how a log is read is said in code, and means nothing where the configuration names a queue", async () => {
    const durations: number[] = [];
    const stop = new AbortController();
    const { leases, checkpoints } = memoryStores();
    const noting = scheme({
      ...closing,
      source: () =>
        memorySource({
          log: memoryLog({ name: "orders" }),
          consumer: "c",
          stores: {
            checkpoints,
            leases: {
              ...leases,
              compareAndSet(scope, version, next, options) {
                durations.push(next.durationMs);
                if (next.owner !== undefined) stop.abort();
                return leases.compareAndSet(scope, version, next, options);
              },
            },
          },
        }),
      sink: () => sinkOf("any"),
    });
    const reading = definePipeline({ sources: ["orders"], sinks: [] }, ({ consume }) =>
      consume("orders", { ordering: "key", start: { at: "latest" }, leaseDurationMs: 1_234 }).pipe(haltOnFailure(), checkpoint()),
    );
    const world = memoryWorld();
    const started = (url: string, signal: AbortSignal) =>
      start({ reading }, { config: ordersOn(url), schemes: [noting, world.scheme], container, signal });
    await started("closing:orders", stop.signal);
    expect(durations).toContain(1_234);
    expect(await started("memory:orders?as=queue", AbortSignal.abort())).toHaveProperty("reading");
  });

  test("clients are closed only when nothing is being opened any more", async () => {
    const seen: string[] = [];
    const slow = scheme({
      ...closing,
      disconnect: () => void seen.push("closed"),
      async source() {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        seen.push("opened");
        return memorySource({ log: memoryLog({ name: "orders" }), consumer: "c" });
      },
      sink() {
        throw new Error("no sink today");
      },
    });
    const config = { backends: {}, otherBackends: "closing:{name}" };
    await expect(start({ charges }, { config, schemes: [slow], container })).rejects.toThrow("no sink today");
    expect(seen).toEqual(["opened", "closed"]);
  });

  test("what is being opened when the signal aborts never begins, and that is no failure", async () => {
    const stop = new AbortController();
    const stopping = scheme({
      ...closing,
      source({ signal }) {
        stop.abort(new Error("stopped"));
        signal.throwIfAborted();
        throw new Error("the signal came too late");
      },
      sink: () => sinkOf("any"),
    });
    const config = ordersOn("closing:orders");
    const world = memoryWorld();
    expect(await start({ charges }, { config, schemes: [stopping, world.scheme], container, signal: stop.signal })).toEqual({});
    expect(world.calls).toEqual(["connect ", "disconnect "]);
  });
});

test("an order that the backend cannot keep is refused at start", async () => {
  const world = memoryWorld();
  const byPartition = definePipeline({ sources: ["orders"], sinks: ["dead"] }, ({ consume, sink }) =>
    consume("orders", { ordering: "partition" }).pipe(decode(text()), deadLetter(sink("dead")), checkpoint()),
  );
  const config = { backends: { orders: "memory:orders?as=queue", dead: "memory:dead" } };
  await expect(start({ byPartition }, { config, schemes: [world.scheme], container })).rejects.toMatchObject({
    code: "SPILLWAY_INVALID_OPTIONS",
  });
  expect(world.calls).toEqual(["connect ", "disconnect "]);
});
