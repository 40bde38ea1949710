import type { Settled } from "@spillway/core";
import type { Observable } from "rxjs";
import type { SimulatedProcess } from "./process/simulated-process.ts";
import { sayStuck } from "./say-stuck.ts";
import { rewindConsumer } from "./scenario/rewind-consumer.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { strike } from "./scenario/strike.ts";
import { epochMs } from "./time/virtual-time.ts";
import { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** What is run. */
export interface Deployment {
  readonly world: World;
  readonly scenario: Pick<Scenario, "workers" | "disasters" | "calmMs" | "source">;
  readonly drainTimeoutMs: number;
  /** The share of events at which the listener throws. */
  readonly listenerFails: number;
  /** The pipeline of one process. */
  readonly pipelineFor: (process: SimulatedProcess) => Observable<Settled>;
  /** Begins to append messages. */
  readonly append: () => void;
  /** Whether all messages were appended and everything about them has come to its end. */
  readonly isDone: () => boolean;
  /** Looks at the workers now and then. */
  readonly look: (workers: readonly Worker[]) => void;
}

/** How long after the last fault everything must have come to its end. */
const patienceMs = 15 * 60_000;
/** How often the running engines are looked at. */
const lookEveryMs = 1_000;
/** How long all workers together may take to stop at the end. */
const stopMs = 60_000;

/** Runs workers through their disasters, until everything is done or a promise is broken, and stops them. */
export async function runDeployment(deployment: Deployment): Promise<void> {
  const { world, scenario } = deployment;
  const { time, findings } = world;
  const calmAtMs = epochMs + scenario.calmMs;
  const workers = startWorkers(deployment);
  let rewinding = false;

  function rewind(): void {
    const { source } = scenario;
    if (source.kind !== "log" || rewinding) return;
    rewinding = true;
    rewindConsumer(world, workers, source).then(
      () => {
        rewinding = false;
      },
      (error: unknown) => findings.add("engine", `rewinding failed: ${String(error)}`),
    );
  }

  function look(): void {
    deployment.look(workers);
    time.schedule(lookEveryMs, look);
  }

  const isBroken = (): boolean => findings.violations.length > 0;
  const isDone = (): boolean => isBroken() || (time.nowMs > calmAtMs && !rewinding && deployment.isDone());

  try {
    deployment.append();
    for (const disaster of scenario.disasters) time.schedule(disaster.atMs, () => strike(world, workers, disaster, rewind));
    look();
    if (!(await time.run(isDone, calmAtMs + patienceMs))) findings.add("liveness", sayStuck(world, workers, patienceMs));
    if (isBroken()) return;
    for (const worker of workers) worker.rest(true);
    await time.run(() => isBroken() || workers.every(({ isRunning }) => !isRunning), time.nowMs + stopMs);
    if (!isBroken() && workers.some(({ isRunning }) => isRunning)) findings.add("G9", "a worker has not stopped within a minute");
  } catch (error) {
    findings.add("engine", `a timer threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}

function startWorkers({ world, scenario, drainTimeoutMs, listenerFails, pipelineFor }: Deployment): readonly Worker[] {
  const workers = scenario.workers.map(
    ({ restartMs, skew }, index) =>
      new Worker({
        world,
        name: `worker-${index}`,
        restartMs,
        drainTimeoutMs,
        listenerFails,
        random: world.random.fork(`worker ${index}`),
        newProcess: (onCrash) => world.process(`worker-${index}`, skew, onCrash),
        pipelineFor,
      }),
  );
  for (const [index, { startMs }] of scenario.workers.entries()) world.time.schedule(startMs, () => workers[index]?.start());
  return workers;
}
