import type { Source, SourceTraits } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { ConsumeLogOptions, Orderings } from "./consume.ts";
import type { Delivery } from "./delivery.ts";
import { inputOf } from "./engine/input-of.ts";
import { refuse, requireKnown } from "./engine/require.ts";
import { Root } from "./engine/root.ts";
import { Pipeline } from "./pipeline.ts";

/** One of several sources. */
export interface RankedSource<S> {
  readonly source: S;
  /** Whole number; sources with a larger one come first. Default 0. */
  readonly priority?: number;
  /** The most messages of this source in flight: its cap. Default 4,096. */
  readonly maxInFlight?: number;
}

/** How several sources are read. */
export interface ConsumeAllOptions<Order extends string> extends Omit<ConsumeLogOptions<Order>, "maxInFlight"> {
  /**
   * The share of turns that lower priorities have while higher ones have work, so that they never starve; of several lower ones, each leaves the same share of
   * its turns to those below it. Default 0.05.
   */
  readonly lowerShare?: number;
}

/** The values that a source gives. */
export type ValueOf<S> = S extends Source<infer T> ? T : never;
/** What a source can do. */
export type TraitsOf<S> = S extends { readonly traits: infer Traits extends SourceTraits } ? Traits : never;

/**
 * Begins a pipeline over several sources: a message of a lower priority is let in only while the higher ones have nothing to start, but for a share.
 * Each source has its own checkpoints, credits and settlement; stages and their concurrency are shared.
 *
 * Emits, holds back and completes as consume() does, for all sources together.
 *
 * ```ts
 * consumeAll([{ source: urgent, priority: 1 }, { source: bulk, maxInFlight: 500 }], { ordering: "key" })
 * ```
 */
export function consumeAll<const Ranked extends readonly RankedSource<Source<unknown>>[]>(
  sources: Ranked,
  options: ConsumeAllOptions<Orderings<TraitsOf<Ranked[number]["source"]>>>,
): Observable<Delivery<ValueOf<Ranked[number]["source"]>>> {
  const { lowerShare = 0.05, ...common } = options;
  if (sources.length === 0) refuse("consumeAll needs at least one source");
  if (!(lowerShare > 0 && lowerShare <= 1)) refuse(`lowerShare must be above 0 and at most 1, but is ${String(lowerShare)}`);
  if (new Set(sources.map(({ source }) => source)).size < sources.length) refuse("consumeAll was given the same source object twice");
  for (const ranked of sources) requireKnown("a source of consumeAll", ranked, ["source", "priority", "maxInFlight"]);
  const ranks = [...new Set(sources.map(({ priority = 0 }) => priority))].sort((one, other) => other - one);
  const inputs = sources.map(({ source, priority = 0, maxInFlight }) =>
    inputOf(source, { ...common, ...(maxInFlight === undefined ? {} : { maxInFlight }) }, ranks.indexOf(priority)),
  );
  return new Pipeline({ from: "source", root: new Root(inputs, lowerShare) }, []);
}
