import { explain } from "@spillway/core";
import type { OutgoingMessage, Payload, Sink } from "@spillway/spec";
import { simulatedSink } from "./backends/simulated-sink.ts";
import type { SimulatedProcess } from "./process/simulated-process.ts";
import type { FlightBounds } from "./referee/flight-watch.ts";
import { HoldWatch } from "./referee/hold-watch.ts";
import { IsolationWatch } from "./referee/isolation-watch.ts";
import type { Unit } from "./referee/unit.ts";
import { runDeployment } from "./run-deployment.ts";
import { resultOf, type RunResult } from "./run-result.ts";
import { sayWorker } from "./say-stuck.ts";
import { appendLoad } from "./scenario/append-load.ts";
import { behaviourOf, characterOf, stubbornOf, type Character } from "./scenario/behaviour.ts";
import { buildPipeline } from "./scenario/build-pipeline.ts";
import type { LogShape, QueueShape, Scenario, StageShape } from "./scenario/scenario.ts";
import { watchedStages } from "./scenario/watched-stages.ts";
import { epochMs } from "./time/virtual-time.ts";
import type { Worker } from "./worker.ts";
import { World } from "./world.ts";

/** Runs a scenario to its end, or to the first broken promise. The same scenario gives the same run. */
export async function runScenario(scenario: Scenario, options: { readonly keepHistory?: boolean } = {}): Promise<RunResult> {
  const { pipeline, load, seed, source, beside } = scenario;
  const stages = watchedStages(pipeline);
  const lanes = { ordering: scenario.ordering, childrenFree: pipeline.expand?.ordering === "none" };
  const world = new World({
    scenario,
    stages,
    attempts: { most: pipeline.retry?.attempts ?? 1, maxAgeMs: pipeline.retry?.maxAgeMs },
    lanes,
    blocksKeys: pipeline.failure.answer === "deadLetter" && pipeline.failure.blocksKeys,
    keepHistory: options.keepHistory === true,
  });
  const { time, referee, queue } = world;
  const stopsAtFailure = pipeline.failure.answer === "halt" || pipeline.failure.budget?.beyond === "halt";
  const characters: Character[] = [];
  const stubborn = stubbornOf(seed, load);
  const character = ({ index }: Unit): Character => (characters[index] ??= characterIn(index));
  const characterIn = (index: number): Character => {
    const found = characterOf(seed, index, load.trouble, Math.max(1, stages.length - 1));
    return stubborn.has(index) ? { ...found, undecodable: false, unwanted: false, clumsy: false, trouble: "stubborn" } : found;
  };
  const holds = new HoldWatch(world.findings);
  const isolation = new IsolationWatch({
    register: referee.register,
    log: world.log,
    findings: world.findings,
    stubborn,
    maxInFlight: scenario.maxInFlight,
    maxBytesInFlight: scenario.maxBytesInFlight,
    calmAtMs: epochMs + scenario.calmMs,
    onProved: () => world.events.set("one lane held", 1),
  });
  let appended = false;

  await runDeployment({
    world,
    scenario,
    drainTimeoutMs: pipeline.drainTimeoutMs,
    listenerFails: pipeline.onlookersThrow ? 1 : 0.01,
    pipelineFor: (process) =>
      buildPipeline({
        scenario,
        process,
        referee,
        beside: beside === undefined ? undefined : world.queueSource(process, beside),
        source: source.kind === "log" ? world.logSource(process, source) : world.queueSource(process, source),
        sink: (stage, shape) =>
          publishingSink(
            world,
            process,
            stage,
            shape,
            (unit) => isolation.isStubborn(unit) && behaviourOf(seed, unit, stage, character(unit)).failures > 0,
          ),
        deadLetters: deadLetterSink(world, process, pipeline.failure),
        characterOf: character,
        handlerMeets: () => world.faults.pick("handler", time.nowMs),
        isMended: (unit) =>
          stubborn.has(unit.index) ? !isolation.isStubborn(unit) : stopsAtFailure && time.nowMs >= epochMs + scenario.calmMs,
      }),
    append: () =>
      appendLoad(world, scenario, () => {
        appended = true;
      }),
    isDone: () => appended && referee.register.open === 0 && queue.size === 0 && referee.checkpoints.uncovered() === undefined,
    look: (workers) => {
      look(world, scenario, workers, holds);
      isolation.look(time.nowMs, () => workers.map(sayWorker).join(" | "));
    },
  });
  if (source.kind === "queue" && stopsAtFailure && referee.letters.dispositions.has("crashed"))
    world.findings.add("G12", "a message is dead-lettered as crashed, although it may have come again because the pipeline halted");
  return resultOf(world);
}

function publishingSink(
  world: World,
  process: SimulatedProcess,
  stage: number,
  { order, maxBatchSize }: Extract<StageShape, { readonly kind: "publish" }>,
  refuses: (unit: Unit) => boolean,
): Sink<Payload> {
  const { referee, network } = world;
  const unitOf = ({ id }: OutgoingMessage<Payload>): Unit => referee.register.find(id ?? "");
  return simulatedSink({
    name: `sink ${stage}`,
    point: "sink",
    traits: { maxBatchSize, order },
    process,
    network,
    random: world.random.fork(`sink ${stage} of ${process.number}`),
    writing(messages, signal) {
      if (!process.alive) return () => undefined;
      return referee.writing(process, stage, messages, maxBatchSize, signal);
    },
    store(message) {
      const unit = unitOf(message);
      if (refuses(unit)) throw new Error(`sink ${stage} does not take ${unit.id}`);
      referee.stages.stored(process, stage, unit);
    },
  });
}

function deadLetterSink(world: World, process: SimulatedProcess, failure: Scenario["pipeline"]["failure"]): Sink<Payload> {
  const maxBatchSize = failure.answer === "halt" ? 1 : failure.maxBatchSize;
  const maxHeader = failure.answer === "deadLetter" && failure.oversize ? 700 : Number.POSITIVE_INFINITY;
  return simulatedSink({
    name: "dead letters",
    point: "dead-letter",
    traits: { maxBatchSize, order: "none" },
    process,
    network: world.network,
    random: world.random.fork(`dead letters of ${process.number}`),
    writing: () => () => undefined,
    store: (letter) => world.referee.letters.stored(process, letter, maxHeader),
  });
}

/** Holds the engines to their bounds, and counts what holds them back. */
function look(
  { events, referee }: World,
  { source, beside, maxInFlight, maxBytesInFlight }: Scenario,
  workers: readonly Worker[],
  holds: HoldWatch,
): void {
  const boundsOf = (shape: LogShape | QueueShape): FlightBounds => ({
    maxMessages: maxInFlight,
    maxBytes: maxBytesInFlight,
    readers: shape.kind === "log" ? 1 : shape.receivers,
  });
  for (const { process, pipeline } of workers) {
    if (process === undefined || pipeline === undefined) continue;
    const explanation = explain(pipeline);
    const { gates, state } = explanation;
    holds.look(process, explanation);
    for (const { gate } of gates) events.set(`held: ${gate}`, (events.get(`held: ${gate}`) ?? 0) + 1);
    // What arrives while it stops is given back, and nobody is told.
    if (state !== "running") continue;
    for (const shape of beside === undefined ? [source] : [source, beside]) referee.flights.look(process, shape.kind, boundsOf(shape));
  }
}
