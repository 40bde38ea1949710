import { consume, run, type RunOptions, type RunReport } from "@spillway/core";
import type { LogSource, Payload, QueueSource, Source } from "@spillway/spec";
import type { DependencyContainer } from "tsyringe";
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
 * Runs pipelines over the backends that the configuration names, until the signal aborts or all have ended. Resolves to each one's report. When one
 * cannot go on, the others are stopped as by the signal, and it rejects with that one's error. Clients are made once and closed at the end. Nothing is opened
 * before all names and URLs have been checked.
 *
 * ```ts
 * await start({ charges, refunds }, { config: await loadConfig({ file: "spillway.config.json" }), schemes: [kafka, sqs], container, signal });
 * ```
 */
export async function start<Name extends string>(
  definitions: Readonly<Record<Name, PipelineDefinition>>,
  { config, schemes, container, signal, ...runOptions }: StartOptions,
): Promise<Readonly<Partial<Record<Name, RunReport>>>> {
  const chosen = chosenPipelines(definitions, config);
  for (const [name, definition] of chosen) checkBackends(name, definition, config);
  const backends = createBackends(schemes);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  const failures: unknown[] = [];
  const reports: Partial<Record<Name, RunReport>> = {};
  try {
    const built = await Promise.all(
      chosen.map(async ([name, definition]) => [name, definition.build(await partsOf(definition, config, backends, container))] as const),
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
    failures.push(error);
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

function checkBackends(pipeline: string, { sources, sinks }: PipelineDefinition, config: SpillwayConfig): void {
  for (const name of [...sources, ...sinks]) {
    if (urlOf(config, name) !== undefined) continue;
    throw invalid(
      `The pipeline "${pipeline}" needs a backend "${name}", and the configuration has none of this name.${meant(name, Object.keys(config.backends))}`,
    );
  }
}

function meant(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? ` It has: ${known.join(", ") || "none"}.` : ` Did you mean "${nearest}"?`;
}

async function partsOf(
  definition: PipelineDefinition,
  config: SpillwayConfig,
  backends: Backends,
  container: DependencyContainer,
): Promise<Parts<string, string>> {
  async function opened<Kind extends "source" | "sink">(kind: Kind, names: readonly string[]): Promise<ReadonlyMap<string, Opened[Kind]>> {
    return new Map(await Promise.all(names.map(async (name) => [name, await backends.open(kind, urlOf(config, name) ?? "")] as const)));
  }
  const [sources, sinks] = await Promise.all([opened("source", definition.sources), opened("sink", definition.sinks)]);
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
