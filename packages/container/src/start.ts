import { consume, run, type RunOptions, type RunReport } from "@spillway/core";
import type { LogSource, Payload, QueueSource, Source } from "@spillway/spec";
import type { DependencyContainer } from "tsyringe";
import { allEnded } from "./all-ended.ts";
import { createBackends, type Backends } from "./backends.ts";
import { invalid } from "./invalid.ts";
import { urlOf, type SpillwayConfig } from "./load-config.ts";
import { nearestName } from "./nearest-name.ts";
import type { ConsumeByNameOptions, Parts, PipelineDefinition } from "./pipeline-definition.ts";
import type { Opened, Scheme } from "./scheme.ts";

/** How pipelines are started; `signal`, `drainTimeoutMs`, `onEvent` and the others are those of `run`. */
export interface StartOptions extends Omit<RunOptions, "name"> {
  readonly config: SpillwayConfig;
  /** The kinds of backends that URLs may name. */
  readonly schemes: readonly Scheme[];
  /** Where handlers come from. */
  readonly container: DependencyContainer;
}

/**
 * Runs pipelines over the backends that the configuration names, until the signal aborts or all have ended. Resolves to each one's report; to none
 * where the signal aborts before the backends are open. When one cannot go on, the others are stopped as by the signal, and it rejects with that
 * one's error. Clients are made once and closed at the end. Nothing is opened before all names, URLs and options have been checked. A log's consumer
 * is the pipeline's name where the URL names none.
 *
 * ```ts
 * await start({ charges, refunds }, { config: await loadConfig({ file: "spillway.config.json" }), schemes: [kafkaScheme(), sqsScheme()], container, signal });
 * ```
 */
export async function start<Name extends string>(
  definitions: Readonly<Record<Name, PipelineDefinition>>,
  { config, schemes, container, signal, ...runOptions }: StartOptions,
): Promise<Readonly<Partial<Record<Name, RunReport>>>> {
  const chosen = chosenPipelines(definitions, config);
  const backends = createBackends(schemes);
  for (const [name, definition] of chosen) checkBackends(name, definition, config, backends);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  const failures: unknown[] = [];
  const reports: Partial<Record<Name, RunReport>> = {};
  try {
    // What is still being opened when another one fails must be there before the clients are closed.
    const built = await allEnded(
      chosen.map(
        async ([name, definition]) =>
          [
            name,
            definition.build(await partsOf(definition, { config, backends, container, consumer: name, signal: stop.signal })),
          ] as const,
      ),
    );
    await Promise.all(
      built.map(async ([name, pipeline]) => {
        try {
          reports[name] = await run(pipeline, { ...runOptions, name, signal: stop.signal });
        } catch (error) {
          failures.push(error);
          stop.abort(error);
        }
      }),
    );
  } catch (error) {
    // What was still being opened when the signal aborted never began.
    if (!stop.signal.aborted || error !== stop.signal.reason) failures.push(error);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
  await backends.close().catch((error: unknown) => failures.push(error));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} things went wrong; the first: ${String(failures[0])}`);
  return reports;
}

function chosenPipelines<Name extends string>(
  definitions: Readonly<Record<Name, PipelineDefinition>>,
  { pipelines }: SpillwayConfig,
): readonly (readonly [Name, PipelineDefinition])[] {
  const all = Object.entries(definitions) as [Name, PipelineDefinition][];
  if (pipelines === undefined) return all;
  return pipelines.map((name) => {
    const found = all.find(([each]) => each === name);
    if (found !== undefined) return found;
    throw invalid(`The configuration names a pipeline "${name}" that is not in the code.${meant(name, Object.keys(definitions))}`);
  });
}

function checkBackends(pipeline: string, { sources, sinks }: PipelineDefinition, config: SpillwayConfig, backends: Backends): void {
  const kinds = { source: sources, sink: sinks } as const;
  for (const kind of ["source", "sink"] as const) {
    for (const name of kinds[kind]) {
      const url = urlOf(config, name);
      if (url !== undefined) backends.check(kind, url);
      else
        throw invalid(
          `The pipeline "${pipeline}" needs a backend "${name}", and the configuration has none of this name.${meant(name, Object.keys(config.backends))}`,
        );
    }
  }
}

function meant(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? ` It has: ${known.join(", ") || "none"}.` : ` Did you mean "${nearest}"?`;
}

/** What one pipeline's parts are made of. */
interface PartsSource {
  readonly config: SpillwayConfig;
  readonly backends: Backends;
  readonly container: DependencyContainer;
  readonly consumer: string;
  readonly signal: AbortSignal;
}

async function partsOf(
  definition: PipelineDefinition,
  { config, backends, container, consumer, signal }: PartsSource,
): Promise<Parts<string, string>> {
  const open = async <Kind extends "source" | "sink">(kind: Kind, name: string) =>
    [name, await backends.open(kind, urlOf(config, name) ?? "", { consumer, signal })] as const;
  async function opened<Kind extends "source" | "sink">(kind: Kind, names: readonly string[]): Promise<ReadonlyMap<string, Opened[Kind]>> {
    return new Map(await allEnded(names.map((name) => open(kind, name))));
  }
  const opening = [opened("source", definition.sources), opened("sink", definition.sinks)] as const;
  await allEnded<unknown>(opening);
  const [sources, sinks] = await Promise.all(opening);
  return {
    container,
    consume(name, options) {
      const source = sources.get(name);
      if (source === undefined) throw invalid(`The pipeline does not name a source "${name}": add it to its sources.`);
      return consumeByName(source, options);
    },
    sink(name) {
      const sink = sinks.get(name);
      if (sink === undefined) throw invalid(`The pipeline does not name a sink "${name}": add it to its sinks.`);
      return sink;
    },
  };
}

/** What a source can keep in order is known at run time only; the engine refuses what it cannot. */
function consumeByName(
  source: Source<Payload>,
  { start: position, ...options }: ConsumeByNameOptions,
): ReturnType<Parts<string, string>["consume"]> {
  if (source.kind === "log") {
    return consume(
      source as LogSource<Payload, { readonly kind: "log"; readonly keys: true }>,
      position === undefined ? options : { ...options, start: position },
    );
  }
  return consume(
    source as QueueSource<Payload, { readonly kind: "queue"; readonly keys: true }>,
    options as { readonly ordering: "none" | "key" },
  );
}
