import { SpillwayError } from "@spillway/spec";
import { Observable, type Operator, type Subscriber, type TeardownLogic } from "rxjs";
import { acceptorOf } from "./engine/acceptor-of.ts";
import { ambient, within } from "./engine/ambient.ts";
import { buildChain } from "./engine/build-chain.ts";
import type { NamedStage, StageDescription } from "./engine/description.ts";
import type { Root } from "./engine/root.ts";
import { Run } from "./engine/run-context.ts";
import { defaultSettings } from "./engine/settings.ts";
import type { Acceptor } from "./engine/stage.ts";
import { TrackedDelivery } from "./engine/tracked-delivery.ts";

/** Where a segment's deliveries come from: a source of ours, or an observable that carries deliveries of ours through operators of the user's. */
export type Upstream =
  | { readonly from: "source"; readonly root: Root }
  | { readonly from: "observable"; readonly observable: Observable<unknown> };

/**
 * A pipeline, or a segment of one, as data: nothing runs until it is subscribed. Our operators add stages to it; any other RxJS operator ends the
 * segment, and the next operator of ours starts a new one.
 */
export class Pipeline<Out> extends Observable<Out> {
  readonly upstream: Upstream;
  readonly stages: readonly NamedStage[];

  constructor(upstream: Upstream, stages: readonly NamedStage[]) {
    super((subscriber) => activate(this, subscriber));
    this.upstream = upstream;
    this.stages = stages;
  }

  /** Called by RxJS operators: what they return remembers this pipeline, so that explain() sees through them. */
  override lift<R>(operator?: Operator<Out, R>): Observable<R> {
    const lifted = new Observable<R>();
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }
}

/** Adds a stage to whatever carries deliveries. */
export function addStage<Out>(source: Observable<unknown>, description: StageDescription): Pipeline<Out> {
  const stage = { description, name: freeName(description, source) };
  if (source instanceof Pipeline) return new Pipeline<Out>(source.upstream, [...source.stages, stage]);
  return new Pipeline<Out>({ from: "observable", observable: source }, [stage]);
}

/** The pipeline that an observable was made of by RxJS operators, as far as they tell; and by how many. */
export function pipelineBelow(source: Observable<unknown>): {
  readonly pipeline: Pipeline<unknown> | undefined;
  readonly operators: number;
} {
  let operators = 0;
  let at: Observable<unknown> | undefined = source;
  while (at !== undefined && !(at instanceof Pipeline)) {
    operators++;
    at = at.source;
  }
  return { pipeline: at, operators };
}

/** The stage's own name or its kind, with a number if stages before it have the same. */
function freeName({ name, kind }: StageDescription, source: Observable<unknown>): string {
  const wanted = name ?? kind;
  let count = 1;
  for (let { pipeline } = pipelineBelow(source); pipeline !== undefined; ) {
    count += pipeline.stages.filter(({ description }) => (description.name ?? description.kind) === wanted).length;
    const { upstream }: Pipeline<unknown> = pipeline;
    pipeline = upstream.from === "source" ? undefined : pipelineBelow(upstream.observable).pipeline;
  }
  return count === 1 ? wanted : `${wanted}-${count}`;
}

function activate<Out>(pipeline: Pipeline<Out>, subscriber: Subscriber<Out>): TeardownLogic {
  const outer = ambient();
  const run = outer?.run ?? runOfItsOwn(subscriber);
  const end = outer?.unobserved === true ? nowhere : endOfSegment(subscriber, outer?.downstream);
  const { upstream, stages } = pipeline;
  const leadsOn = outer?.downstream !== undefined;
  if (upstream.from === "source") {
    const chain = buildChain({
      stages,

      run,
      end,
      leadsOn,
      window: upstream.root.maxInFlight,
      turns: upstream.root.turns(),
    });
    chain.gate.open(chain.entry);
    return upstream.root.activate(run, chain.gate, subscriber);
  }
  const { entry } = buildChain({ stages, run, end, leadsOn, window: undefined, turns: undefined });
  return within({ run, downstream: entry, unobserved: false }, () =>
    upstream.observable.subscribe({
      next: (delivery) => {
        if (!(delivery instanceof TrackedDelivery)) run.fail(notADelivery());
        else if (delivery.holder !== undefined) run.fail(emittedTwice(delivery));
        else if (!delivery.settled) entry.accept(delivery);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    }),
  );
}

/** The run of a pipeline that is subscribed by hand: it ends when the subscription has, and nothing of it is left. */
function runOfItsOwn(subscriber: Subscriber<unknown>): Run {
  const run = new Run(defaultSettings());
  subscriber.add(() => {
    void Promise.allSettled(run.intakes.map(({ ended }) => ended)).then(() => run.end(new Error("the pipeline was unsubscribed")));
  });
  return run;
}

const nowhere = acceptorOf(() => {});

/** What leaves a segment: open deliveries to the subscriber, marked ones past the user's operators to our next segment. */
function endOfSegment<Out>(subscriber: Subscriber<Out>, downstream: Acceptor | undefined): Acceptor {
  return acceptorOf((delivery) => {
    if (delivery.mark !== undefined && downstream !== undefined) downstream.accept(delivery);
    // The one place where a tracked delivery becomes the public one that the types of the operators have promised.
    else subscriber.next(delivery as unknown as Out);
  });
}

function emittedTwice({ message }: TrackedDelivery): SpillwayError {
  return new SpillwayError(
    `an operator between two Spillway operators emitted message ${message.id} twice; a delivery is handed on once, use expand() to make several of one`,
    { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" },
  );
}

function notADelivery(): SpillwayError {
  return new SpillwayError(
    "an operator between two Spillway operators emitted something that is not a delivery; change values with map() from @spillway/core, which keeps the delivery",
    { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" },
  );
}
