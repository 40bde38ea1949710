import { run, type EngineEvent, type RunReport, type Settled } from "@spillway/core";
import { hasCode } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { SimulatedProcess } from "./process/simulated-process.ts";
import type { Random } from "./time/random.ts";
import type { World } from "./world.ts";

/** What a worker is made of. */
export interface WorkerOptions {
  readonly world: World;
  readonly name: string;
  readonly newProcess: (onCrash: () => void) => SimulatedProcess;
  readonly pipelineFor: (process: SimulatedProcess) => Observable<Settled>;
  readonly drainTimeoutMs: number;
  /** The share of events at which the listener throws. */
  readonly listenerFails: number;
  readonly restartMs: number;
  readonly random: Random;
}

/** Errors with which a run may end: the pipeline asked for it. */
const expected = ["SPILLWAY_HALTED", "SPILLWAY_DEAD_LETTER_BUDGET"] as const;

/** How much longer than its drain a stop may take: the engine's grace for the last save and the release, and what the clocks are apart. */
const graceMs = 8_000;

/** One place in a deployment: a process runs the pipeline in it, and another one when that has died or stopped. */
export class Worker {
  readonly #options: WorkerOptions;
  process: SimulatedProcess | undefined = undefined;
  pipeline: Observable<Settled> | undefined = undefined;
  #controller = new AbortController();
  #resting = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Whether a process is running the pipeline. */
  get isRunning(): boolean {
    return this.process !== undefined;
  }

  /** Starts a process, unless there is one, or all are to rest. */
  start(): void {
    const { world, newProcess, pipelineFor, name, drainTimeoutMs } = this.#options;
    if (this.process !== undefined || this.#resting) return;
    const process = newProcess(() => this.#ended(process));
    const controller = new AbortController();
    const pipeline = pipelineFor(process);
    this.process = process;
    this.pipeline = pipeline;
    this.#controller = controller;
    world.history.add(process.name, "process", () => "starts");
    run(pipeline, {
      signal: controller.signal,
      clock: process.clock,
      worker: name,
      name: "simulated",
      version: "1",
      drainTimeoutMs,
      stalledAfterMs: 600_000,
      onEvent: (event) => this.#heard(process, event),
    }).then(
      (report) => this.#reported(process, report),
      (error: unknown) => this.#failed(process, error),
    );
  }

  /** Tells the process to stop; another one follows, unless all are to rest. */
  stop(): void {
    const { process } = this;
    if (process === undefined || this.#controller.signal.aborted) return;
    const { world, drainTimeoutMs } = this.#options;
    world.history.add(process.name, "process", () => "is told to stop");
    this.#controller.abort(new Error("a deploy"));
    world.time.schedule((drainTimeoutMs + graceMs) / 0.95, () => {
      if (this.process === process)
        world.findings.add("G9", `${process.name} was told to stop and has not ended ${drainTimeoutMs + graceMs} ms later`);
    });
  }

  /** No process is started from now on, or again. */
  rest(resting: boolean): void {
    this.#resting = resting;
    if (resting) this.stop();
    else this.start();
  }

  #heard(process: SimulatedProcess, event: EngineEvent): void {
    const { world, random, listenerFails } = this.#options;
    if (!process.alive) return;
    world.referee.heard(process, event);
    world.events.set(event.type, (world.events.get(event.type) ?? 0) + 1);
    world.history.add(process.name, "event", () => say(event));
    if (random.chance(listenerFails)) throw new Error("the listener fails");
  }

  #reported(process: SimulatedProcess, report: RunReport): void {
    if (!process.alive) return;
    const { world } = this.#options;
    world.history.add(
      process.name,
      "process",
      () => `has stopped: ${report.delivered} delivered, ${report.succeeded} succeeded, ${report.aborted} aborted`,
    );
    world.referee.reported(process, report);
    if (!this.#controller.signal.aborted) world.findings.add("engine", `${process.name} ended by itself: ${report.stoppedBecause}`);
    this.#ended(process);
  }

  #failed(process: SimulatedProcess, error: unknown): void {
    if (!process.alive) return;
    const { world } = this.#options;
    world.history.add(process.name, "process", () => `has failed: ${error instanceof Error ? error.message : String(error)}`);
    if (!expected.some((code) => hasCode(error, code))) {
      world.findings.add("engine", `${process.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    this.#ended(process);
  }

  #ended(process: SimulatedProcess): void {
    if (this.process !== process) return;
    process.alive = false;
    this.process = undefined;
    this.pipeline = undefined;
    this.#options.world.time.schedule(this.#options.restartMs, () => this.start());
  }
}

function say(event: EngineEvent): string {
  const id = "message" in event ? ` ${event.message.id}` : "";
  const partition = "partition" in event ? ` ${event.partition ?? ""}` : "";
  if (event.type === "lease") return `${event.event.type}${"partition" in event.event ? ` ${event.event.partition}` : ""}`;
  if (event.type === "partition-ended") return `${event.type}${partition}: ${event.how}`;
  if (event.type === "retrying")
    return `retrying${id} in ${Math.round(event.delayMs)} ms after attempt ${event.attempt} of ${event.stage}: ${sayError(event.error)}`;
  if ("error" in event) return `${event.type}${id}${partition}: ${sayError(event.error)}`;
  return `${event.type}${id}${partition}`;
}

function sayError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
