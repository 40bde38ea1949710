import { explain } from "@spillway/core";
import type { OutgoingMessage, Payload, Sink } from "@spillway/spec";
import { simulatedSink } from "./backends/simulated-sink.ts";
import type { SimulatedProcess } from "./process/simulated-process.ts";
import type { Violation } from "./referee/findings.ts";
import type { Unit } from "./referee/unit.ts";
import { appendLoad } from "./scenario/append-load.ts";
import { characterOf, type Character } from "./scenario/behaviour.ts";
import { buildPipeline } from "./scenario/build-pipeline.ts";
import { rewindConsumer } from "./scenario/rewind-consumer.ts";
import type { Scenario, StageShape } from "./scenario/scenario.ts";
import { strike } from "./scenario/strike.ts";
import { watchedStages } from "./scenario/watched-stages.ts";
import { epochMs } from "./time/virtual-time.ts";
import { Worker } from "./worker.ts";
import { World } from "./world.ts";

/** What became of one run. */
export interface RunResult {
  /** Empty when every promise was kept. */
  readonly violations: readonly Violation[];
  /** Equal for runs in which the same happened at the same times. */
  readonly hash: string;
  /** What happened, in order; empty unless it was asked for. */
  readonly history: readonly string[];
  readonly facts: RunFacts;
}

/** What a run has met with. */
export interface RunFacts {
  readonly messages: number;
  /** How long it took, in milliseconds of virtual time. */
  readonly virtualMs: number;
  readonly timers: number;
  readonly crashes: number;
  /** How often each fault has struck. */
  readonly faults: ReadonlyMap<string, number>;
  /** How often the engine told of each kind of event, and of each disposition of dead letters. */
  readonly states: ReadonlyMap<string, number>;
}

/** How long after the last fault everything must have come to its end. */
const patienceMs = 15 * 60_000;
/** How often the bounds of a running engine are looked at. */
const lookEveryMs = 1_000;

/** Runs a scenario to its end, or to the first broken promise. The same scenario gives the same run. */
export async function runScenario(scenario: Scenario, options: { readonly keepHistory?: boolean } = {}): Promise<RunResult> {
  const { pipeline: shape, source, load, seed } = scenario;
  const stages = watchedStages(shape);
  const world = new World({
    scenario,
    stages,
    lanes: { ordering: scenario.ordering, childrenFree: shape.expand?.ordering === "none" },
    keepHistory: options.keepHistory === true,
  });
  const { time, referee, findings } = world;
  const calmAtMs = epochMs + scenario.calmMs;
  const characters: Character[] = [];
  const troubled = Math.max(1, stages.length - 1);
  const character = ({ index }: Unit): Character => (characters[index] ??= characterOf(seed, index, load.trouble, troubled));
  const stopsAtFailure = shape.failure.answer === "halt" || shape.failure.budget?.beyond === "halt";
  let appended = false;
  let rewinding = 0;

  function sinkOf(process: SimulatedProcess, stage: number, { order, maxBatchSize }: Extract<StageShape, { readonly kind: "publish" }>): Sink<Payload> {
    const random = world.random.fork(`sink ${stage} of ${process.number}`);
    const unitOf = ({ id }: OutgoingMessage<Payload>): Unit => referee.register.find(id ?? "");
    return simulatedSink({
      name: `sink ${stage}`,
      point: "sink",
      traits: { maxBatchSize, order },
      process,
      network: world.network,
      random,
      writing(messages) {
        if (!process.alive) return () => undefined;
        referee.stages.attempt(process, stage, messages.map(unitOf));
        return referee.writing(process, stage, messages, maxBatchSize);
      },
      store: (message) => referee.stages.stored(process, stage, unitOf(message)),
    });
  }

  function deadLettersOf(process: SimulatedProcess): Sink<Payload> {
    const { failure } = shape;
    const maxBatchSize = failure.answer === "halt" ? 1 : failure.maxBatchSize;
    const limit = failure.answer === "deadLetter" && failure.oversize ? 700 : Number.POSITIVE_INFINITY;
    return simulatedSink({
      name: "dead letters",
      point: "dead-letter",
      traits: { maxBatchSize, order: "none" },
      process,
      network: world.network,
      random: world.random.fork(`dead letters of ${process.number}`),
      writing: () => () => undefined,
      store: (letter) => referee.letters.stored(letter, limit),
    });
  }

  const workers = scenario.workers.map(
    (worker, index) =>
      new Worker({
        world,
        name: `worker-${index}`,
        restartMs: worker.restartMs,
        drainTimeoutMs: shape.drainTimeoutMs,
        random: world.random.fork(`worker ${index}`),
        newProcess: (onCrash) => world.process(`worker-${index}`, worker.skew, onCrash),
        pipelineFor: (process) =>
          buildPipeline({
            scenario,
            process,
            referee,
            source: source.kind === "log" ? world.logSource(process, source) : world.queueSource(process, source),
            sink: (stage, stageShape) => sinkOf(process, stage, stageShape),
            deadLetters: deadLettersOf(process),
            characterOf: character,
            isMended: () => stopsAtFailure && time.nowMs >= calmAtMs,
          }),
      }),
  );

  function rewind(): void {
    if (source.kind !== "log" || rewinding > 0) return;
    rewinding++;
    rewindConsumer(world, workers, source).then(
      () => rewinding--,
      (error: unknown) => findings.add("engine", `rewinding failed: ${String(error)}`),
    );
  }

  function look(): void {
    for (const { process, pipeline } of workers) {
      if (process === undefined || pipeline === undefined || shape.expand !== undefined) continue;
      const { counts, gates } = explain(pipeline);
      for (const { gate } of gates) world.events.set(`held: ${gate}`, (world.events.get(`held: ${gate}`) ?? 0) + 1);
      const page = source.kind === "log" ? source.pageSize * world.log.partitions.size : 10 * source.receivers;
      if (counts !== undefined && counts.inFlight > scenario.maxInFlight + page) {
        findings.add("G5", `${process.name} has ${counts.inFlight} messages in flight, where ${scenario.maxInFlight} and a page of each partition are allowed`);
      }
    }
    time.schedule(lookEveryMs, look);
  }

  const isBroken = (): boolean => findings.violations.length > 0;
  const isDone = (): boolean =>
    isBroken() ||
    (appended &&
      referee.register.open === 0 &&
      time.nowMs > calmAtMs &&
      rewinding === 0 &&
      world.queue.size === 0 &&
      referee.checkpoints.uncovered() === undefined);

  try {
    appendLoad(world, scenario, () => {
      appended = true;
    });
    for (const [index, { startMs }] of scenario.workers.entries()) time.schedule(startMs, () => workers[index]?.start());
    for (const disaster of scenario.disasters) time.schedule(disaster.atMs, () => strike(world, workers, disaster, rewind));
    look();
    if (!(await time.run(isDone, calmAtMs + patienceMs))) findings.add("liveness", sayStuck(world, workers));
    if (!isBroken()) {
      for (const worker of workers) worker.rest(true);
      await time.run(() => isBroken() || workers.every(({ isRunning }) => !isRunning), time.nowMs + 60_000);
      if (!isBroken() && workers.some(({ isRunning }) => isRunning)) findings.add("G9", "a worker has not stopped within a minute");
    }
  } catch (error) {
    findings.add("engine", `a timer threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  const states = new Map(world.events);
  for (const [disposition, count] of referee.letters.dispositions) states.set(`dead letter: ${disposition}`, count);
  return {
    violations: findings.violations,
    hash: world.history.hash,
    history: world.history.lines,
    facts: { messages: referee.register.messages.length, virtualMs: time.nowMs - epochMs, timers: time.ran, crashes: world.crashes, faults: world.faults.struck, states },
  };
}

/** Says what has not ended although nothing has failed for a long time, and what the engines say about it. */
function sayStuck(world: World, workers: readonly Worker[]): string {
  const open = world.referee.register.messages.filter(({ ended }) => !ended);
  const what =
    open.length > 0
      ? `${open.length} messages have not ended, ${open.slice(0, 3).map(({ id, partition }) => `${id} of ${partition ?? "the queue"}`).join(", ")} among them`
      : world.queue.size > 0
        ? `${world.queue.size} messages have ended and were not deleted`
        : `the checkpoint of ${world.referee.checkpoints.uncovered()?.id ?? "something"} does not cover what has ended`;
  const engines = workers.map(({ process, pipeline }) => {
    if (process === undefined || pipeline === undefined) return "a worker is not running";
    const { gates, feeds, state } = explain(pipeline);
    const unsettled = feeds.map(({ partition, unsettled: count, firstUnsettled }) => `${partition ?? "queue"}: ${count} unsettled${firstUnsettled === undefined ? "" : `, ${firstUnsettled.id} ${firstUnsettled.state}`}`);
    return `${process.name} is ${state}; gates: ${gates.map(({ says }) => says).join("; ") || "none"}; ${unsettled.join("; ") || "it reads nothing"}`;
  });
  return `${patienceMs / 60_000} minutes after the last fault, ${what}. ${engines.join(" | ")}`;
}
