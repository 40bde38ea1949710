import { explain } from "@spillway/core";
import type { OutgoingMessage, Payload, Sink } from "@spillway/spec";
import { simulatedSink } from "./backends/simulated-sink.ts";
import type { SimulatedProcess } from "./process/simulated-process.ts";
import { HoldWatch } from "./referee/hold-watch.ts";
import type { Unit } from "./referee/unit.ts";
import { runDeployment } from "./run-deployment.ts";
import { resultOf, type RunResult } from "./run-result.ts";
import { appendLoad } from "./scenario/append-load.ts";
import { characterOf, type Character } from "./scenario/behaviour.ts";
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
    lanes,
    blocksKeys: pipeline.failure.answer === "deadLetter" && pipeline.failure.blocksKeys,
    keepHistory: options.keepHistory === true,
  });
  const { time, referee, queue } = world;
  const stopsAtFailure = pipeline.failure.answer === "halt" || pipeline.failure.budget?.beyond === "halt";
  const characters: Character[] = [];
  const character = ({ index }: Unit): Character =>
    (characters[index] ??= characterOf(seed, index, load.trouble, Math.max(1, stages.length - 1)));
  const holds = new HoldWatch(world.findings);
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
        sink: (stage, shape) => publishingSink(world, process, stage, shape),
        deadLetters: deadLetterSink(world, process, pipeline.failure),
        characterOf: character,
        isMended: () => stopsAtFailure && time.nowMs >= epochMs + scenario.calmMs,
      }),
    append: () =>
      appendLoad(world, scenario, () => {
        appended = true;
      }),
    isDone: () => appended && referee.register.open === 0 && queue.size === 0 && referee.checkpoints.uncovered() === undefined,
    look: (workers) => look(world, scenario, workers, holds),
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
    writing(messages) {
      if (!process.alive) return () => undefined;
      referee.stages.attempt(process, stage, messages.map(unitOf));
      return referee.writing(process, stage, messages, maxBatchSize);
    },
    store: (message) => referee.stages.stored(process, stage, unitOf(message)),
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
    store: (letter) => world.referee.letters.stored(letter, maxHeader),
  });
}

/** Holds the engines to their bounds, and counts what holds them back. */
function look(
  world: World,
  { source, beside, pipeline: { expand }, maxInFlight, maxBytesInFlight }: Scenario,
  workers: readonly Worker[],
  holds: HoldWatch,
): void {
  const pageOf = (shape: LogShape | QueueShape): number =>
    shape.kind === "log" ? shape.pageSize * world.log.partitions.size : 10 * shape.receivers;
  const most = maxInFlight + pageOf(source) + (beside === undefined ? 0 : maxInFlight + pageOf(beside));
  for (const { process, pipeline } of workers) {
    if (process === undefined || pipeline === undefined) continue;
    const explanation = explain(pipeline);
    const { counts, gates } = explanation;
    holds.look(process, explanation);
    if (maxBytesInFlight !== undefined) world.referee.flights.look(process, maxBytesInFlight);
    for (const { gate } of gates) world.events.set(`held: ${gate}`, (world.events.get(`held: ${gate}`) ?? 0) + 1);
    // Children count as delivered, and are bounded by maxChildren instead.
    if (expand !== undefined || counts === undefined || counts.inFlight <= most) continue;
    world.findings.add("G5", `${process.name} has ${counts.inFlight} messages in flight, where ${most} are allowed`);
  }
}
