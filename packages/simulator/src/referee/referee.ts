import type { Checkpoint, FencingToken, ItemResult, Original, OutgoingMessage, PartitionId, Payload, Receipt } from "@spillway/spec";
import type { EngineEvent, RunReport } from "@spillway/core";
import type { SimulatedLog, SimulatedPartition } from "../backends/simulated-log.ts";
import type { History } from "../history.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import { AttemptWatch } from "./attempt-watch.ts";
import { CheckpointWatch } from "./checkpoint-watch.ts";
import type { Findings } from "./findings.ts";
import { FlightWatch } from "./flight-watch.ts";
import { LetterWatch } from "./letter-watch.ts";
import { ProcessView } from "./process-view.ts";
import { Register, type LaneRules } from "./register.ts";
import { StageWatch, type WatchedStage } from "./stage-watch.ts";
import type { Unit } from "./unit.ts";

/** What a referee goes by. */
export interface RefereeOptions {
  readonly log: SimulatedLog;
  readonly findings: Findings;
  readonly history: History;
  readonly lanes: LaneRules;
  /** The stages whose every attempt is reported; undefined for a pipeline that the referee cannot see into, whose settlements it takes as they come. */
  readonly stages: readonly WatchedStage[] | undefined;
  /** How often, and until what age, the pipeline may attempt a message at a stage. */
  readonly attempts: { readonly most: number; readonly maxAgeMs: number | undefined };
  /** Whether the later messages of a dead letter's key must follow it. */
  readonly blocksKeys: boolean;
  /** The most done positions that a checkpoint keeps. */
  readonly maxDone: number;
}

/** Holds one run to the guarantees. Everything outside of the engine tells it what happens. */
export class Referee {
  readonly findings: Findings;
  readonly register: Register;
  readonly stages: StageWatch;
  readonly attempts: AttemptWatch;
  readonly checkpoints: CheckpointWatch;
  readonly flights: FlightWatch;
  readonly letters: LetterWatch;
  /** Whether the stages' every attempt is reported. */
  readonly seesInside: boolean;
  readonly #blocksKeys: boolean;
  readonly #maxDone: number;
  readonly #views = new Map<number, ProcessView>();

  constructor(options: RefereeOptions) {
    const { findings, history, log } = options;
    this.#maxDone = options.maxDone;
    this.findings = findings;
    this.#blocksKeys = options.blocksKeys;
    this.seesInside = options.stages !== undefined;
    this.register = new Register(options.lanes);
    const viewOf = (process: SimulatedProcess): ProcessView => this.viewOf(process);
    const stages = options.stages ?? [];
    const { most, maxAgeMs } = options.attempts;
    this.attempts = new AttemptWatch({ stages, maxAttempts: most, maxAgeMs, findings, viewOf });
    this.stages = new StageWatch({ stages, findings, history, register: this.register, viewOf, attempts: this.attempts });
    this.flights = new FlightWatch(viewOf, findings);
    this.letters = new LetterWatch(this.register, findings, options.blocksKeys);
    this.checkpoints = new CheckpointWatch({ log, findings, viewOf, hasEnded: (message) => !this.seesInside || message.ended });
  }

  viewOf(process: SimulatedProcess): ProcessView {
    let view = this.#views.get(process.number);
    if (view === undefined) this.#views.set(process.number, (view = new ProcessView()));
    return view;
  }

  originalOf(id: string): Original {
    const { key, payload } = this.register.find(id);
    return { key, payload };
  }

  saving(
    process: SimulatedProcess,
    partition: PartitionId,
    token: FencingToken,
    checkpoint: Checkpoint,
    maxDone: number,
  ): (saved: boolean) => void {
    return this.checkpoints.saving(process, partition, token, checkpoint, maxDone);
  }

  saved(process: SimulatedProcess, partition: PartitionId, checkpoint: Checkpoint): void {
    this.checkpoints.saved(process, partition, checkpoint);
  }

  loaded(process: SimulatedProcess, partition: PartitionId, checkpoint: Checkpoint | undefined): void {
    this.checkpoints.loaded(process, partition, checkpoint);
  }

  reading(process: SimulatedProcess, partition: SimulatedPartition): void {
    this.checkpoints.reading(process, partition);
  }

  /** Messages are given to an engine: a page of a partition, or what a queue lends. */
  delivered(process: SimulatedProcess, partition: PartitionId | undefined, messages: readonly Unit[]): void {
    if (!this.seesInside || messages.length === 0) return;
    const { deliveries } = this.viewOf(process);
    for (const message of messages) deliveries.set(message, (deliveries.get(message) ?? 0) + 1);
    this.flights.given(process, partition, messages);
  }

  /** The queue has deleted a message. */
  acknowledged(process: SimulatedProcess, message: Unit): void {
    if (this.seesInside && !message.ended) this.findings.add("G1", `${process.name} deleted ${message.id}, which has not ended`);
    if (!this.seesInside) this.register.end(message, "succeeded");
  }

  givingBack(process: SimulatedProcess, receipts: readonly Receipt[]): void {
    const view = this.viewOf(process);
    view.disturbed = true;
    for (const receipt of receipts) view.givenBack.add(receipt);
  }

  extending(process: SimulatedProcess, receipts: readonly Receipt[]): void {
    const { givenBack } = this.viewOf(process);
    const wrong = receipts.find((receipt) => givenBack.has(receipt));
    if (wrong !== undefined) this.findings.add("contract", `${process.name} extends ${wrong}, which it has given back`);
  }

  /** A write to a sink begins; the returned function is called when it has ended for the engine: with its results, or without when it has failed. */
  writing(
    process: SimulatedProcess,
    stage: number,
    messages: readonly OutgoingMessage<Payload>[],
    maxBatchSize: number,
    signal: AbortSignal,
  ): (results: readonly ItemResult[] | undefined) => void {
    if (messages.length === 0 || messages.length > maxBatchSize)
      this.findings.add("contract", `a write of ${messages.length} messages, where 1 to ${maxBatchSize} are taken`);
    const { writing, disturbed } = this.viewOf(process);
    const lanes = new Set<string>();
    const units = messages.map(({ id }) => this.register.find(id ?? ""));
    this.stages.attempt(process, stage, units);
    const ended = this.stages.running(process, stage);
    signal.addEventListener("abort", ended, { once: true });
    for (const { lane, parent } of units) {
      if (lane !== undefined) lanes.add(`${stage} ${parent === undefined ? "" : "children of"} ${lane.name}`);
    }
    for (const lane of lanes) {
      if ((writing.get(lane) ?? 0) > 0 && !disturbed)
        this.findings.add("contract", `${process.name} writes messages of lane ${lane} in two writes at once`);
      writing.set(lane, (writing.get(lane) ?? 0) + 1);
    }
    return (results) => {
      signal.removeEventListener("abort", ended);
      if (!signal.aborted) ended();
      this.stages.answered(process, stage, units, results);
      for (const lane of lanes) writing.set(lane, (writing.get(lane) ?? 1) - 1);
    };
  }

  /** A reader has found that messages are gone: they are owed no more, and the engine must say so before it reads on. */
  lost(process: SimulatedProcess, { id, messages }: SimulatedPartition, from: number, until: number): void {
    const view = this.viewOf(process);
    for (const message of messages.slice(from, until)) this.register.end(message, "lost");
    view.losses.add(id);
  }

  /** What an engine tells its listener. */
  heard(process: SimulatedProcess, event: EngineEvent): void {
    const view = this.viewOf(process);
    const lease = event.type === "lease" ? event.event : undefined;
    // Handlers that nobody waits for may still be running.
    if (lease?.type === "lease-wanted" || lease?.type === "lease-lost" || event.type === "deadline" || event.type === "draining")
      view.disturbed = true;
    if (lease?.type === "lease-lost") view.gone.add(lease.partition);
    if (event.type === "aborted")
      this.flights.aborted(
        process,
        event.partition,
        event.messages.map(({ id }) => this.register.find(id)),
      );
    if (event.type === "retrying" && this.seesInside)
      this.attempts.retrying(process, this.register.find(event.message.id), event.stage, event.delayMs);
    if (event.type === "messages-lost") view.losses.delete(event.partition);
    if (event.type === "dead-lettered" && this.#blocksKeys) this.#blocked(view, this.register.find(event.message.id));
    if (event.type === "partition-ended") {
      if (event.how !== "lost" && this.seesInside) this.checkpoints.drained(process, event.partition, this.#maxDone);
      view.completed.delete(event.partition);
      view.gone.add(event.partition);
      view.served.delete(event.partition);
      view.flights.delete(event.partition);
    }
    if (event.type === "partition-gained") {
      if (view.served.has(event.partition)) this.findings.add("G8", `${process.name} serves ${event.partition} twice at once`);
      view.gone.delete(event.partition);
      view.completed.set(event.partition, new Set());
      view.unsure.delete(event.partition);
      view.saved.delete(event.partition);
      view.blocked.delete(event.partition);
      view.served.add(event.partition);
    }
  }

  #blocked({ blocked }: ProcessView, { partition = "", key, lane }: Unit): void {
    // Children that are free of their message's order block nothing.
    if (key === undefined || lane === undefined) return;
    const keys = blocked.get(partition) ?? new Set();
    blocked.set(partition, keys.add(key));
  }

  /** A run has ended. */
  reported(process: SimulatedProcess, report: RunReport): void {
    const { delivered, succeeded, filtered, deadLettered, aborted, inFlight } = report;
    if (inFlight !== 0 || delivered !== succeeded + filtered + deadLettered + aborted) {
      this.findings.add("G6", `${process.name} reports ${JSON.stringify(report)}: delivered is not the sum of the outcomes`);
    }
  }

  /** The consumer was rewound: everything is to be done again. */
  rewound(by: SimulatedProcess): void {
    this.stages.rewound(by);
    this.letters.rewound(by);
    this.register.reset();
    this.checkpoints.reset();
  }
}
