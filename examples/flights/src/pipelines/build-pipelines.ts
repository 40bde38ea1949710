import {
  checkpoint,
  classify,
  consume,
  deadLetter,
  decode,
  exponential,
  filter,
  handle,
  json,
  publish,
  retry,
  when,
  type Delivery,
  type PublishContext,
  type Settled,
} from "@spillway/core";
import { hasCode, type OutgoingMessage, type Payload } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { InputLog } from "../producer/data-set.ts";
import type { Backend } from "./backend.ts";
import { countOnce } from "./count-once.ts";
import { lookup, ServiceBusy, type Trouble } from "./lookup.ts";
import { Departure, Movie, Route } from "./schemas.ts";
import { addFlight, addMovie, isLate, noFlights, noMovies } from "./statistics.ts";

/** How the pipelines work. */
export interface PipelineOptions extends Trouble {
  /** How many messages are counted at once. Those of one key never are. */
  readonly concurrency: number;
}

/** One pipeline for each log. */
export type Pipelines = Readonly<Record<InputLog, Observable<Settled>>>;

/**
 * A message in which the process died three times becomes a dead letter: it may be what kills. Here it is you who are invited to kill the process, as
 * often as you like, so it takes more to blame a message.
 */
const reading = { ordering: "key", crashLimit: 100 } as const;

/** Builds the three pipelines. Nothing runs yet: a pipeline is data until it is given to run(). */
export function buildPipelines(backend: Backend, options: PipelineOptions): Pipelines {
  const { concurrency } = options;

  /** 200,000 departures: how late they are at which distance. */
  const departures = read("departures").pipe(
    decode(json(Departure)),
    handle(lookup(options), { name: "lookup" }),
    handle(countOnce(backend.table("departures"), noFlights, addFlight), { name: "count", concurrency }),
    filter(isLate, "on time"),
    publish(backend.sink("late-departures"), asJson),
    settle,
  );

  /** 20,000 flights with routes: how busy each airport is, and how late its flights are. */
  const routes = read("routes").pipe(
    decode(json(Route)),
    handle(lookup(options), { name: "lookup" }),
    handle(countOnce(backend.table("routes"), noFlights, addFlight), { name: "count", concurrency }),
    filter(isLate, "on time"),
    publish(backend.sink("late-routes"), asJson),
    settle,
  );

  /** 3,201 movies, ten of which no schema accepts: what each distributor has earned. */
  const movies = read("movies").pipe(
    decode(json(Movie)),
    handle(lookup(options), { name: "lookup" }),
    handle(countOnce(backend.table("movies"), noMovies, addMovie), { name: "count", concurrency }),
    publish(backend.sink("catalogue"), asJson),
    settle,
  );

  /** The compiler wants to know which kind of source it is, because only a log can be ordered by partition. */
  function read(log: InputLog): Observable<Delivery<Payload>> {
    const source = backend.source(log);
    return source.kind === "log" ? consume(source, reading) : consume(source, reading);
  }

  /** What becomes of failures, and when a message is done: the same for all three. */
  function settle<T>(deliveries: Observable<Delivery<T>>): Observable<Settled> {
    return deliveries.pipe(
      // A full disk is no fault of a message: the job stops, says so, and goes on with this message when it is started again.
      classify(
        when(ServiceBusy, "transient"),
        when((error) => hasCode(error, "SPILLWAY_STORE_UNAVAILABLE"), "fatal"),
      ),
      retry({ attempts: 5, backoff: exponential({ firstMs: 20, maxMs: 1_000 }) }),
      deadLetter(backend.sink("dead-letters")),
      checkpoint({ everyMessages: 1_000, everyMs: 500 }),
    );
  }

  return { departures, routes, movies };
}

/** The value as JSON, under the key and the headers that its message came with. */
function asJson(value: unknown, { message }: PublishContext): OutgoingMessage<Uint8Array> {
  return { key: message.key, value: Buffer.from(JSON.stringify(value)), headers: message.headers };
}
