// A stranger's program: it stands in an empty folder, with nothing but the packed packages installed beside it.
import expected from "./expected-exports.json" with { type: "json" };

const problems: string[] = [];

for (const [name, names] of Object.entries(expected as Readonly<Record<string, readonly string[]>>)) {
  const found: object = await import(name);
  const missing = names.filter((exported) => !(exported in found));
  if (missing.length > 0) problems.push(`${name} does not export ${missing.join(", ")}`);
}

if (problems.length > 0) throw new Error(problems.join("\n"));
console.log(`${Object.keys(expected).length} entries of packages import on Node ${process.version}`);

const { checkpoint, consume, deadLetter, decode, handle, json, run } = await import("@spillway/core");
const { memoryLog, memorySink, memorySource } = await import("@spillway/memory");

const log = memoryLog({ name: "numbers" });
log.append(["1", "2", "not JSON", "4"].map((text) => ({ value: Buffer.from(text) })));
const stop = new AbortController();
const seen: unknown[] = [];
const dead = memorySink<Uint8Array | null>();

const report = await run(
  consume(memorySource({ log, consumer: "stranger" }), { ordering: "partition" }).pipe(
    decode(json()),
    handle((value) => {
      seen.push(value);
      if (value === 4) stop.abort();
    }),
    deadLetter(dead),
    checkpoint(),
  ),
  { signal: stop.signal },
);

if (seen.join() !== "1,2,4" || dead.messages.length !== 1 || report.deadLettered !== 1)
  throw new Error(`the pipeline saw ${JSON.stringify({ seen, report })}`);
console.log("a pipeline runs");

const { createBackends } = await import("@spillway/container");
const { memoryScheme } = await import("@spillway/container/memory");

const backends = createBackends([memoryScheme()]);
const sink = await backends.open("sink", "memory:orders");
const [written] = await sink.write([{ key: "k", value: Buffer.from("1") }], { signal: new AbortController().signal });
const source = await backends.open("source", "memory:orders?consumer=stranger");
await backends.close();
if (written?.ok !== true || source.name !== "orders") throw new Error("a backend cannot be opened by its URL");
console.log("backends are opened by URL");
