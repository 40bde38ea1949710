import { faultKinds, type FaultKind, type FaultPoint, type FaultRule } from "../faults/fault.ts";
import { random, type Random } from "../time/random.ts";
import type { Disaster } from "./disaster.ts";
import { isolated } from "./isolated.ts";
import type { LogShape, PipelineShape, QueueShape, RetryShape, Scenario, StageShape, WorkerShape } from "./scenario.ts";

/** The standard mix: what a seed stands for. */
export function generateScenario(seed: number, kind?: "log" | "queue"): Scenario {
  return isolated(drawScenario(seed, kind), random(seed).fork("isolation"));
}

function drawScenario(seed: number, kind?: "log" | "queue"): Scenario {
  const dice = random(seed).fork("scenario");
  const drawn = dice.chance(0.75) ? "log" : "queue";
  const isLog = (kind ?? drawn) === "log";
  const source = isLog ? logShape(dice.fork("log")) : queueShape(dice.fork("queue"));
  const drawnOrdering = source.kind === "log" ? dice.pick(["none", "key", "key", "partition"] as const) : source.groups ? "key" : "none";
  const calmMs = dice.between(8_000, 20_000);
  const workers = workerShapes(dice.fork("workers"));
  const besides = dice.fork("beside");
  const beside = source.kind === "log" && besides.chance(0.12) ? queueShape(besides) : undefined;
  const ordering = beside === undefined ? drawnOrdering : beside.groups ? "key" : "none";
  const pipeline = pipelineShape(dice.fork("pipeline"), source.kind, source.kind === "log" && ordering === "key" && beside === undefined);
  const slowest = [source, beside].reduce((most, shape) => (shape?.kind === "queue" ? Math.max(most, shape.visibilityTimeoutMs) : most), 0);
  const sizes = dice.fork("sizes");
  const isTight = sizes.chance(0.15);
  return {
    seed,
    source:
      pipeline.failure.answer === "deadLetter" && pipeline.failure.blocksKeys && source.kind === "log"
        ? { ...source, maxNotes: 100 }
        : source,
    beside,
    ordering,
    load: {
      messages: dice.between(200, 240),
      keys: dice.between(2, 40),
      appendMs: dice.chance(0.3) ? 0 : dice.between(1_000, calmMs),
      padding: isTight ? sizes.pick([0, 500, 5_000]) : 0,
      trouble: {
        flaky: dice.pick([0, 0.05, 0.2]),
        poison: dice.pick([0, 0, 0.02, 0.06]),
        undecodable: dice.pick([0, 0, 0.02]),
        unwanted: dice.pick([0, 0.1]),
        clumsy: dice.fork("clumsy").pick([0, 0, 0, 0, 0.02]),
        hanging: dice.pick([0, 0, 0.01]),
        killing: dice.chance(0.08) && slowest <= 10_000 ? 0.004 : 0,
      },
      stubborn: 0,
    },
    maxInFlight: dice.pick([1, 5, 20, 100, 1_000]),
    maxBytesInFlight: isTight ? sizes.pick([1, 100, 10_000]) : undefined,
    crashLimit: dice.between(1, 3),
    pipeline,
    workers,
    faults: [
      ...faultRules(dice.fork("faults"), [...pointsOf(source), ...(beside === undefined ? [] : queuePoints)], calmMs),
      ...handlerFaults(dice.fork("handler faults"), calmMs),
    ],
    disasters: [
      ...disasters(dice.fork("disasters"), source, workers.length, calmMs),
      ...pressures(dice.fork("memory"), workers.length, calmMs),
      ...readingDisasters(dice.fork("late disasters"), source, pipeline, calmMs),
    ].sort((one, other) => one.atMs - other.atMs),
    calmMs,
  };
}

function logShape(dice: Random): LogShape {
  return {
    kind: "log",
    partitions: dice.between(1, 4),
    pageSize: dice.pick([1, 7, 50, 300]),
    maxDone: dice.pick([0, 5, 1_000]),
    leaseDurationMs: dice.pick([2_000, 4_000, 10_000]),
    maxNotes: dice.pick([0, 3, 100]),
    assignedBy: dice.fork("assigned").chance(0.3) ? "provider" : "leases",
  };
}

function queueShape(dice: Random): QueueShape {
  return {
    kind: "queue",
    groups: dice.chance(0.6),
    visibilityTimeoutMs: dice.pick([3_000, 8_000, 30_000]),
    receivers: dice.between(1, 3),
    maxNackDelayMs: dice.pick([0, 60_000, 60_000]),
  };
}

function workerShapes(dice: Random): readonly WorkerShape[] {
  return Array.from({ length: dice.pick([1, 1, 2, 2, 3]) }, (_, index) => ({
    startMs: index === 0 ? 0 : dice.between(0, 4_000),
    skew: dice.chance(0.3) ? { offsetMs: dice.between(-60_000, 60_000), rate: dice.pick([0.95, 1, 1.05]) } : { offsetMs: 0, rate: 1 },
    restartMs: dice.between(20, 2_000),
  }));
}

function stageShape(dice: Random): StageShape {
  const timeoutMs = dice.between(1_000, 5_000);
  const concurrency = dice.pick([1, 2, 8, 64]);
  const breaker = dice.chance(0.1);
  const kind = dice.pick(["handle", "handle", "batch", "publish"] as const);
  if (kind === "handle") return { kind, concurrency, timeoutMs, breaker };
  const lingerMs = dice.pick([0, 5, 50]);
  if (kind === "publish") {
    return {
      kind,
      concurrency: dice.between(1, 4),
      timeoutMs,
      lingerMs,
      maxBatchSize: dice.pick([1, 5, 25]),
      order: dice.pick(["write", "key", "none"]),
      breaker,
    };
  }
  return {
    kind,
    concurrency: dice.between(1, 4),
    timeoutMs,
    lingerMs,
    maxMessages: dice.pick([2, 8, 50]),
    answers: dice.pick(["throws", "map", "array"]),
    breaker,
  };
}

function pipelineShape(dice: Random, source: "log" | "queue", mayBlock: boolean): PipelineShape {
  const stages = (count: number): readonly StageShape[] => Array.from({ length: count }, () => stageShape(dice));
  const expanded = dice.chance(0.15);
  const halts = dice.chance(0.08);
  return {
    stages: stages(expanded ? dice.between(0, 1) : dice.pick([1, 1, 2, 2, 3])),
    expand: expanded
      ? { most: dice.between(1, 5), ordering: dice.pick(["parent", "none"]), stages: stages(dice.between(1, 2)) }
      : undefined,
    tapped: dice.chance(0.15),
    onlookersThrow: dice.fork("onlookers").chance(0.1),
    retry: dice.chance(0.9) ? retryShape(dice, source) : undefined,
    failure: halts
      ? { answer: "halt" }
      : {
          answer: "deadLetter",
          maxBatchSize: dice.pick([1, 10]),
          oversize: dice.chance(0.2),
          blocksKeys: mayBlock && dice.fork("blocks").chance(0.2),
          budget: dice.chance(0.15)
            ? { maxConsecutive: dice.between(1, 5), beyond: dice.pick(["halt", "hold", "hold"]), holdMs: dice.between(500, 5_000) }
            : undefined,
        },
    everyMessages: dice.pick([1, 5, 20, 100]),
    everyMs: dice.pick([100, 1_000, 5_000]),
    drainTimeoutMs: dice.pick([50, 1_000, 10_000]),
  };
}

function retryShape(dice: Random, source: "log" | "queue"): RetryShape {
  return {
    attempts: dice.between(2, 6),
    firstMs: dice.pick([1, 20, 200]),
    maxMs: dice.pick([200, 2_000]),
    budget: dice.chance(0.2),
    giveBackAfterMs: source === "queue" && dice.chance(0.4) ? dice.pick([10, 100, 500]) : undefined,
    maxAgeMs: dice.fork("age").pick([undefined, undefined, undefined, undefined, undefined, undefined, 1_000, 10_000]),
  };
}

const logPoints: readonly FaultPoint[] = ["partitions", "read", "checkpoint.load", "checkpoint.save", "checkpoint.save"];
const leasePoints: readonly FaultPoint[] = ["lease.list", "lease.write", "lease.remove"];
const groupPoints: readonly FaultPoint[] = ["group.beat", "group.beat", "group.release"];
const queuePoints: readonly FaultPoint[] = ["receive", "ack", "ack", "nack", "extend"];
const sinkPoints: readonly FaultPoint[] = ["sink", "dead-letter", "dead-letter"];

function pointsOf(source: LogShape | QueueShape): readonly FaultPoint[] {
  if (source.kind === "queue") return [...queuePoints, ...sinkPoints];
  return [...logPoints, ...(source.assignedBy === "leases" ? leasePoints : groupPoints), ...sinkPoints];
}

function faultRules(dice: Random, points: readonly FaultPoint[], calmMs: number): readonly FaultRule[] {
  if (dice.chance(0.1)) return [];
  const rules: FaultRule[] = [];
  for (let count = dice.between(1, 8); count > 0; count--) {
    const kind = dice.pick(faultKinds);
    const fromMs = dice.chance(0.4) ? 0 : dice.between(0, calmMs);
    const untilMs = dice.chance(0.4) ? calmMs : Math.min(calmMs, fromMs + dice.between(200, 8_000));
    rules.push({ point: dice.pick(points), kind, share: shareOf(dice, kind), fromMs, untilMs });
  }
  // A queue that confirms slowly, all the time: everything else goes on and waits for it.
  if (points.includes("ack") && dice.chance(0.06)) rules.push({ point: "ack", kind: "slow", share: 1, fromMs: 0, untilMs: calmMs });
  return rules;
}

/** What becomes of handlers beside what their messages make of them; done twice or late, by a handler, is the user's own matter. */
function handlerFaults(dice: Random, calmMs: number): readonly FaultRule[] {
  if (!dice.chance(0.15)) return [];
  const kind = dice.pick(["refused", "slow", "hanging", "answer lost", "partial", "crash before", "crash after"] as const);
  const share = kind.startsWith("crash") ? 0.005 : dice.pick([0.02, 0.1, 0.3]);
  return [{ point: "handler", kind, share, fromMs: 0, untilMs: dice.between(1_000, calmMs) }];
}

/** Deaths are rare enough for work to be done between them; a boundary may be down altogether. */
function shareOf(dice: Random, kind: FaultKind): number {
  if (kind === "crash before" || kind === "crash after") return dice.pick([0.005, 0.03]);
  return dice.pick([0.02, 0.1, 0.3, 1]);
}

function disasters(dice: Random, source: LogShape | QueueShape, workers: number, calmMs: number): readonly Disaster[] {
  const found: Disaster[] = [];
  const kinds: readonly Exclude<Disaster["kind"], "pressure">[] =
    source.kind === "log" ? ["crash", "stop", "cut", "jump", "steal", "split", "merge"] : ["crash", "stop", "cut", "jump"];
  for (let count = dice.pick([0, 1, 2, 3, 5]); count > 0; count--) found.push(disaster(dice.pick(kinds), dice, workers, calmMs));
  // A group that the log keeps is rewound by the log's own tools.
  if (source.kind === "log" && source.assignedBy === "leases" && dice.chance(0.05))
    found.push({ kind: "rewind", atMs: dice.between(calmMs / 2, calmMs) });
  return found;
}

function pressures(dice: Random, workers: number, calmMs: number): readonly Disaster[] {
  if (!dice.chance(0.1)) return [];
  const atMs = dice.between(0, calmMs - 1_000);
  const forMs = Math.min(dice.pick([1_000, 5_000, 15_000]), calmMs - atMs);
  return [{ kind: "pressure", atMs, worker: dice.below(workers), forMs, most: dice.pick([1, 2, 10]) }];
}

/** What happens to what is read, and to the keys that dead letters block. */
function readingDisasters(dice: Random, source: LogShape | QueueShape, { failure }: PipelineShape, calmMs: number): readonly Disaster[] {
  const found: Disaster[] = [];
  if (source.kind === "log" && dice.chance(0.08)) {
    for (let count = dice.between(1, 3); count > 0; count--)
      found.push({ kind: "trim", atMs: dice.between(0, calmMs - 1_000), number: dice.below(100) });
  }
  if (failure.answer === "deadLetter" && failure.blocksKeys && dice.chance(0.5))
    found.push({ kind: "clear", atMs: dice.between(1_000, calmMs) });
  return found;
}

function disaster(kind: Exclude<Disaster["kind"], "pressure">, dice: Random, workers: number, calmMs: number): Disaster {
  const atMs = dice.between(0, calmMs - 1_000);
  const worker = dice.below(workers);
  const number = dice.below(100);
  switch (kind) {
    case "crash":
    case "stop":
      return { kind, atMs, worker };
    case "cut":
      return { kind, atMs, worker, forMs: Math.min(dice.pick([500, 5_000, 15_000]), calmMs - atMs) };
    case "jump":
      return { kind, atMs, worker, byMs: dice.between(-20_000, 20_000) };
    case "steal":
    case "split":
    case "merge":
    case "trim":
      return { kind, atMs, number };
    case "clear":
    case "rewind":
      return { kind, atMs };
  }
}
