import {
  breaker,
  checkpoint,
  classify,
  consume,
  consumeAll,
  deadLetter,
  deadLetterBudget,
  decode,
  expand,
  exponential,
  filter,
  haltOnFailure,
  handle,
  handleBatch,
  publish,
  retry,
  retryBudget,
  type Codec,
  type Delivery,
  type Settled,
  when,
} from "@spillway/core";
import { SpillwayError, type Payload, type Sink } from "@spillway/spec";
import { tap, type Observable } from "rxjs";
import type { SimulatedLogSource } from "../backends/log-source.ts";
import type { SimulatedQueueSource } from "../backends/queue-source.ts";
import type { FaultKind } from "../faults/fault.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Referee } from "../referee/referee.ts";
import type { Unit } from "../referee/unit.ts";
import type { Character } from "./behaviour.ts";
import type { PipelineShape, Scenario, StageShape } from "./scenario.ts";
import { work } from "./work.ts";

/** What a pipeline is built with. */
export interface BuildOptions {
  readonly scenario: Scenario;
  readonly process: SimulatedProcess;
  readonly referee: Referee;
  readonly source: SimulatedLogSource | SimulatedQueueSource;
  /** Read beside it, and before it. */
  readonly beside: SimulatedQueueSource | undefined;
  /** The sink of the publishing stage with this number. */
  readonly sink: (stage: number, shape: Extract<StageShape, { readonly kind: "publish" }>) => Sink<Payload>;
  readonly deadLetters: Sink<Payload>;
  readonly characterOf: (unit: Unit) => Character;
  readonly isMended: (unit: Unit) => boolean;
  /** What becomes of a call to a handler that is made now, whatever its messages are like. */
  readonly handlerMeets: () => FaultKind | undefined;
}

/** The scenario's pipeline, for one process. */
export function buildPipeline(options: BuildOptions): Observable<Settled> {
  const { scenario, process, referee } = options;
  const { pipeline: shape } = scenario;
  const handlers = work({
    seed: scenario.seed,
    process,
    referee,
    characterOf: options.characterOf,
    isMended: options.isMended,
    meets: options.handlerMeets,
  });
  let number = 0;

  function addStage(before: Observable<Delivery<Unit>>, stage: StageShape): Observable<Delivery<Unit>> {
    const at = number++;
    const { concurrency, timeoutMs } = stage;
    const guarded = stage.breaker
      ? {
          breaker: breaker({
            name: `service ${at}`,
            consecutiveFailures: 3,
            openMs: 500,
            ...(shape.onlookersThrow ? { counts: fails } : {}),
          }),
        }
      : {};
    switch (stage.kind) {
      case "handle":
        return before.pipe(handle(handlers.handle(at), { concurrency, timeoutMs, ...guarded }));
      case "batch": {
        const { maxMessages, lingerMs, answers } = stage;
        // What a batch handler answers is decided by the scenario, beyond what the overloads can say.
        const handler = handlers.handleBatch(at, answers) as (units: readonly Unit[]) => Promise<void>;
        return before.pipe(handleBatch(handler, { concurrency, timeoutMs, maxMessages, lingerMs, ...guarded }));
      }
      case "publish": {
        const { lingerMs } = stage;
        return before.pipe(
          publish(options.sink(at, stage), ({ key, payload }) => ({ key, value: payload }), {
            concurrency,
            timeoutMs,
            lingerMs,
            ...guarded,
          }),
        );
      }
    }
  }

  let body = entrance(options);
  for (const stage of shape.stages) {
    body = addStage(body, stage);
    if (shape.tapped) body = body.pipe(tap(() => undefined));
  }
  if (shape.expand !== undefined) {
    const { ordering } = shape.expand;
    body = body.pipe(
      expand((message) => childrenOf(referee, message), { ordering, concurrency: 4, maxChildren: 2, toPayload: ({ payload }) => payload }),
    );
    for (const stage of shape.expand.stages) body = addStage(body, stage);
  }
  const last = number;
  const classified = shape.onlookersThrow ? body.pipe(classify(when(fails, "permanent"))) : body;
  const tried = retried(shape, classified.pipe(handle((unit) => see(options, last, unit))));
  const { everyMessages, everyMs } = shape;
  return answered(options, tried).pipe(checkpoint({ everyMessages, everyMs }));
}

/** A message without children ends here. */
function childrenOf(referee: Referee, message: Unit): readonly Unit[] {
  if (message.children.length === 0) referee.register.end(message, "filtered");
  return message.children;
}

/** A rule that is broken itself. */
function fails(): never {
  throw new TypeError("the rule fails");
}

function deliveriesOf({ scenario, source, beside }: BuildOptions): Observable<Delivery<Payload>> {
  const { ordering, maxInFlight, maxBytesInFlight, crashLimit } = scenario;
  const queueOrdering = ordering === "partition" ? "none" : ordering;
  const common = { crashLimit, ...(maxBytesInFlight === undefined ? {} : { maxBytesInFlight }) };
  if (source.kind === "queue") return consume(source, { ...common, maxInFlight, ordering: queueOrdering });
  const onLog = { ...common, ...(scenario.source.kind === "log" ? { leaseDurationMs: scenario.source.leaseDurationMs } : {}) };
  if (beside === undefined) return consume(source, { ...onLog, maxInFlight, ordering });
  return consumeAll(
    [
      { source, maxInFlight },
      { source: beside, maxInFlight, priority: 1 },
    ],
    { ...onLog, ordering: queueOrdering },
  );
}

function entrance(options: BuildOptions): Observable<Delivery<Unit>> {
  const { characterOf, referee, isMended } = options;
  return deliveriesOf(options).pipe(
    decode(unitCodec(referee, (unit) => characterOf(unit).undecodable && !isMended(unit))),
    filter((unit) => {
      if (characterOf(unit).clumsy && !isMended(unit)) throw new TypeError(`the filter cannot tell about ${unit.id}`);
      const isWanted = !characterOf(unit).unwanted;
      if (!isWanted) referee.register.end(unit, "filtered");
      return isWanted;
    }, "not wanted"),
  );
}

function unitCodec(referee: Referee, isUndecodable: (unit: Unit) => boolean): Codec<Payload, Unit> {
  return {
    name: "unit",
    decode(payload) {
      const [id = ""] = Buffer.from(payload ?? [])
        .toString()
        .split(" ", 1);
      const unit = referee.register.find(id);
      if (!isUndecodable(unit)) return unit;
      throw new SpillwayError(`${unit.id} cannot be decoded`, { code: "SPILLWAY_DECODE_FAILED", failureClass: "permanent" });
    },
  };
}

function see({ process, referee }: BuildOptions, stage: number, unit: Unit): Unit {
  if (process.alive) {
    referee.stages.attempt(process, stage, [unit]);
    referee.stages.passed(process, stage, unit);
  }
  return unit;
}

/** With a retry policy or without: what follows takes either, so that the type need not say which it is. */
function retried({ retry: policy }: PipelineShape, body: Observable<Delivery<Unit>>): Tried {
  if (policy === undefined) return asTried(body);
  const { attempts, firstMs, maxMs, budget, giveBackAfterMs, maxAgeMs } = policy;
  const tried = retry({
    attempts,
    backoff: exponential({ firstMs, maxMs: Math.max(firstMs, maxMs) }),
    ...(budget ? { budget: retryBudget({ share: 0.1, floorPerSecond: 5, maxSaved: 10 }) } : {}),
    ...(giveBackAfterMs === undefined ? {} : { giveBackAfterMs }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
  });
  return asTried(body.pipe(tried));
}

type Tried = Observable<Delivery<Unit, "open" | "retried">>;

function asTried(body: Observable<unknown>): Tried {
  return body as Tried;
}

function answered({ scenario, deadLetters }: BuildOptions, tried: Tried): Observable<Delivery<Unit, "resolved">> {
  const { failure } = scenario.pipeline;
  if (failure.answer === "halt") return tried.pipe(haltOnFailure());
  return tried.pipe(
    deadLetter(deadLetters, {
      keys: failure.blocksKeys ? "dead-letter-until-cleared" : "skip-one",
      ...(failure.budget === undefined ? {} : { budget: deadLetterBudget(failure.budget) }),
    }),
  );
}
