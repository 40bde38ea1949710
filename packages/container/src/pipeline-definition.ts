import type { Delivery, Settled } from "@spillway/core";
import type { Payload, Sink, StartPosition } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { DependencyContainer } from "tsyringe";

/** How a source that is known by name only is read; what its backend cannot do is refused at start. */
export interface ConsumeByNameOptions {
  readonly ordering: "none" | "key" | "partition";
  readonly maxInFlight?: number;
  readonly maxBytesInFlight?: number;
  readonly crashLimit?: number;
  /** Where a consumer without checkpoints begins; means nothing on a queue, and is left out there. */
  readonly start?: StartPosition;
  /** How long a worker may be silent before others take its partitions; means nothing where the provider shares them out, nor on a queue. */
  readonly leaseDurationMs?: number;
}

/** What a pipeline is built with. */
export interface Parts<SourceName extends string, SinkName extends string> {
  /** Begins the pipeline at the backend that the configuration names so. */
  consume(name: SourceName, options: ConsumeByNameOptions): Observable<Delivery<Payload>>;
  /** The sink that the configuration names so. */
  sink(name: SinkName): Sink<Payload>;
  /** Handlers come from here, by `handleWith`. */
  readonly container: DependencyContainer;
}

/** A pipeline in code, whose backends are names that the configuration gives URLs. */
export interface PipelineDefinition {
  readonly sources: readonly string[];
  readonly sinks: readonly string[];
  build(parts: Parts<string, string>): Observable<Settled>;
}

/**
 * Defines a pipeline by the names of its backends.
 *
 * ```ts
 * const charges = definePipeline({ sources: ["orders"], sinks: ["charged", "dead"] }, ({ consume, sink, container }) =>
 *   consume("orders", { ordering: "key" }).pipe(
 *     decode(json(Order)),
 *     handleWith(container, Charging, "charge"),
 *     publish(sink("charged"), toMessage),
 *     retry({ attempts: 5 }),
 *     deadLetter(sink("dead")),
 *     checkpoint(),
 *   ),
 * );
 * ```
 */
export function definePipeline<const SourceName extends string, const SinkName extends string>(
  backends: { readonly sources: readonly SourceName[]; readonly sinks: readonly SinkName[] },
  build: (parts: Parts<SourceName, SinkName>) => Observable<Settled>,
): PipelineDefinition {
  return { ...backends, build };
}
