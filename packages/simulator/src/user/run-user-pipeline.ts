import type { Settled } from "@spillway/core";
import { SpillwayError, type Clock, type OutgoingMessage, type Payload, type Sink } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { SimulatedLogSource } from "../backends/log-source.ts";
import type { SimulatedQueueSource } from "../backends/queue-source.ts";
import { simulatedSink } from "../backends/simulated-sink.ts";
import type { FaultPoint } from "../faults/fault.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import { Unit } from "../referee/unit.ts";
import { runDeployment } from "../run-deployment.ts";
import { resultOf, type RunResult } from "../run-result.ts";
import { generateScenario } from "../scenario/generate-scenario.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { hashOf, random, type Random } from "../time/random.ts";
import { World } from "../world.ts";

/** What a pipeline finds around it in a simulation. */
export interface SimulatedWorld {
  /** A log with the messages of the simulation, as this process reads it. Throws SPILLWAY_SIMULATION_SOURCE when they are in a queue. */
  readonly source: SimulatedLogSource;
  /** A queue with them, as this process sees it. Throws SPILLWAY_SIMULATION_SOURCE unless `source` of the options says that they are in a queue. */
  readonly queue: SimulatedQueueSource;
  /** For deadLetter(). */
  readonly deadLetters: Sink<Payload>;
  /** Virtual time, as this process sees it: use it for everything that waits. */
  readonly clock: Clock;
  /** A sink, for publish(); `verify` sees what it holds. */
  sink(name: string): Sink<Payload>;
  /** State that outlives processes, such as a database: made when it is first asked for. */
  shared<T>(name: string, make: () => T): T;
  /**
   * A call to something outside of the process: it takes its time, may be refused, hang, be done although it fails, or be done twice; and the process may
   * die on the way. `effect` is what it does there.
   */
  call<T>(name: string, effect: () => T, options?: { readonly signal?: AbortSignal }): Promise<T>;
}

/** What there is when everything has come to its end. */
export interface SimulationEnd {
  /** All messages, in the order in which they were appended. */
  readonly messages: readonly SimulatedMessage[];
  /** What a sink holds, in the order in which it was stored. */
  sink(name: string): readonly OutgoingMessage<Payload>[];
  /** The ids of messages of which a dead letter is held. */
  readonly deadLettered: readonly string[];
  /** State that outlives processes; undefined when nobody has asked for it. */
  shared(name: string): unknown;
}

/** A message of a simulation. */
export interface SimulatedMessage {
  readonly id: string;
  readonly key: string | undefined;
  readonly value: Uint8Array;
}

/** How a pipeline is simulated. */
export interface SimulateOptions {
  /** How many deployments it is run through. Default 100. */
  readonly seeds?: number;
  /** The first seed. Default 1. */
  readonly firstSeed?: number;
  /** How many messages each deployment gets. Default 200. */
  readonly messages?: number;
  /** Makes the message with a number. Default: one of 20 keys, and its number as text. */
  readonly message?: (index: number, random: Random) => { readonly key?: string; readonly value: Uint8Array };
  /**
   * Where the messages are: in a log, which is `world.source`; or in `world.queue`, a queue without any order, or one that keeps the order of each key, as a
   * FIFO queue does of its message groups. Default "log".
   */
  readonly source?: "log" | "queue" | "queue with groups";
  /** The drain timeout of the workers, in milliseconds. Default 10,000. */
  readonly drainTimeoutMs?: number;
  /** Looks at what there is in the end; throws when that is wrong. */
  readonly verify?: (end: SimulationEnd) => void;
}

/** Runs a user's pipeline through one deployment. */
export async function runUserPipeline(
  pipelineFor: (world: SimulatedWorld) => Observable<Settled>,
  options: SimulateOptions,
  seed: number,
  keepHistory: boolean,
): Promise<RunResult> {
  const scenario = scenarioOf(seed, options.source ?? "log");
  const world = new World({
    scenario,
    stages: undefined,
    attempts: { most: Number.POSITIVE_INFINITY, maxAgeMs: undefined },
    lanes: { ordering: "none", childrenFree: true },
    blocksKeys: false,
    keepHistory,
  });
  const shared = new Map<string, unknown>();
  const sinks = new Map<string, OutgoingMessage<Payload>[]>();
  let appended = false;

  await runDeployment({
    world,
    scenario,
    listenerFails: 0,
    drainTimeoutMs: options.drainTimeoutMs ?? 10_000,
    pipelineFor: (process) => pipelineFor(worldOf(world, scenario.source, process, shared, sinks)),
    append: () =>
      append(world, options, seed, scenario.load.appendMs, () => {
        appended = true;
      }),
    isDone: () => appended && world.queue.size === 0 && world.referee.checkpoints.uncovered() === undefined,
    look: () => undefined,
  });
  if (world.findings.violations.length === 0) verify(world, options, shared, sinks);
  return resultOf(world);
}

/** The deployment of a seed: that of the standard mix, over a log or a queue, with faults in the user's calls too. Rewinding is the user's own decision, and no message is trimmed away. */
function scenarioOf(seed: number, from: NonNullable<SimulateOptions["source"]>): Scenario {
  const dice = random(seed).fork("user");
  const base = generateScenario(seed, from === "log" ? "log" : "queue");
  const source = base.source.kind === "log" ? base.source : { ...base.source, groups: from === "queue with groups" };
  const calls: FaultPoint = "call";
  const kinds = ["refused", "slow", "hanging", "answer lost", "late", "crash before", "crash after", "twice"] as const;
  const faults = kinds
    .filter(() => dice.chance(0.4))
    .map((kind) => ({ point: calls, kind, share: kind.startsWith("crash") ? 0.01 : 0.1, fromMs: 0, untilMs: base.calmMs }));
  const disasters = base.disasters.filter(({ kind }) => kind !== "rewind" && kind !== "trim" && kind !== "clear");
  return { ...base, source, beside: undefined, faults: [...base.faults, ...faults], disasters };
}

function worldOf(
  world: World,
  shape: Scenario["source"],
  process: SimulatedProcess,
  shared: Map<string, unknown>,
  sinks: Map<string, OutgoingMessage<Payload>[]>,
): SimulatedWorld {
  const { network, referee } = world;
  const sink = (name: string, point: FaultPoint, store: (message: OutgoingMessage<Payload>) => void): Sink<Payload> =>
    simulatedSink({
      name,
      point,
      traits: { maxBatchSize: 10, order: "key" },
      process,
      network,
      random: world.random.fork(`sink ${name} of ${process.number}`),
      writing: () => () => undefined,
      store,
    });
  const log = shape.kind === "log" ? world.logSource(process, shape) : undefined;
  const queue = shape.kind === "queue" ? world.queueSource(process, shape) : undefined;
  return {
    get source() {
      return (
        log ??
        notThere('world.source is a log, and the messages are in a queue: read world.queue, or leave `source` of the options at "log"')
      );
    },
    get queue() {
      return (
        queue ??
        notThere('the messages are in a log, which is world.source: give simulate() the option source: "queue" or "queue with groups"')
      );
    },
    deadLetters: sink("dead letters", "dead-letter", (letter) => referee.letters.stored(process, letter, Number.POSITIVE_INFINITY)),
    clock: process.clock,
    sink(name) {
      const held = sinks.get(name) ?? [];
      sinks.set(name, held);
      return sink(name, "sink", (message) => void held.push(message));
    },
    shared<T>(name: string, make: () => T): T {
      if (!shared.has(name)) shared.set(name, make());
      // What is kept under a name is what was made for it.
      return shared.get(name) as T;
    },
    call: (name, effect, { signal } = {}) => network.call({ process, point: "call", signal, about: () => name, effect }),
  };
}

function notThere(says: string): never {
  throw new SpillwayError(says, { code: "SPILLWAY_SIMULATION_SOURCE", failureClass: "permanent" });
}

function append(
  { time, log, queue, referee }: World,
  options: SimulateOptions,
  seed: number,
  appendMs: number,
  appended: () => void,
): void {
  const { messages = 200, message = defaultMessage } = options;
  const bursts = appendMs === 0 ? 1 : 10;
  let index = 0;
  function burst(): void {
    for (let left = Math.ceil(messages / bursts); left > 0 && index < messages; left--, index++) {
      const { key, value } = message(index, random(hashOf(seed, `message ${index}`)));
      const partition = options.source === undefined || options.source === "log" ? log.partitionOf(key, index) : undefined;
      const place = { partition: partition?.id, offset: partition?.messages.length ?? -1, timestampMs: time.nowMs };
      const unit = new Unit({ id: `m${index}`, index, child: -1, parent: undefined, key, payload: value, ...place });
      referee.register.add(unit);
      if (partition === undefined) queue.send(unit);
      else log.append(partition, unit);
    }
    if (index < messages) time.schedule(appendMs / bursts, burst);
    else appended();
  }
  burst();
}

function defaultMessage(index: number, dice: Random): { readonly key: string; readonly value: Uint8Array } {
  return { key: `k${dice.below(20)}`, value: Buffer.from(String(index)) };
}

function verify(
  { referee, findings }: World,
  options: SimulateOptions,
  shared: Map<string, unknown>,
  sinks: Map<string, OutgoingMessage<Payload>[]>,
): void {
  const { messages } = referee.register;
  try {
    options.verify?.({
      messages: messages.map(({ id, key, payload }) => ({ id, key, value: payload })),
      sink: (name) => sinks.get(name) ?? [],
      deadLettered: messages.filter(({ end }) => end === "dead-lettered").map(({ id }) => id),
      shared: (name) => shared.get(name),
    });
  } catch (error) {
    findings.add("verify", error instanceof Error ? error.message : String(error));
  }
}
