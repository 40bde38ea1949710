import { SimulatedCheckpoints, checkpointStore } from "./backends/checkpoint-store.ts";
import { groupAssigner } from "./backends/group-assigner.ts";
import { SimulatedLeases, leaseStore } from "./backends/lease-store.ts";
import { logSource, type SimulatedLogSource } from "./backends/log-source.ts";
import { queueSource, type SimulatedQueueSource } from "./backends/queue-source.ts";
import { SimulatedGroup } from "./backends/simulated-group.ts";
import { SimulatedLog } from "./backends/simulated-log.ts";
import { SimulatedQueue } from "./backends/simulated-queue.ts";
import { faultPlan, type FaultPlan } from "./faults/fault-plan.ts";
import { Network } from "./faults/network.ts";
import { History } from "./history.ts";
import { SimulatedProcess, type Skew } from "./process/simulated-process.ts";
import { Findings } from "./referee/findings.ts";
import type { LaneRules } from "./referee/register.ts";
import { Referee, type RefereeOptions } from "./referee/referee.ts";
import type { WatchedStage } from "./referee/stage-watch.ts";
import type { LogShape, QueueShape, Scenario } from "./scenario/scenario.ts";
import { random, type Random } from "./time/random.ts";
import { VirtualTime } from "./time/virtual-time.ts";

/** The name of the simulated log or queue. */
const sourceName = "simulated";
const queueName = "simulated queue";

/** What a world is made of. */
export interface WorldOptions {
  readonly scenario: Pick<Scenario, "seed" | "source" | "beside" | "faults">;
  readonly lanes: LaneRules;
  readonly stages: readonly WatchedStage[] | undefined;
  readonly attempts: RefereeOptions["attempts"];
  /** Whether the later messages of a dead letter's key must follow it. */
  readonly blocksKeys: boolean;
  readonly keepHistory: boolean;
}

/** Everything outside of the processes of one run: time, network, backends, and whoever watches. */
export class World {
  readonly time: VirtualTime = new VirtualTime();
  readonly history: History;
  readonly findings: Findings;
  readonly referee: Referee;
  readonly faults: FaultPlan;
  readonly network: Network;
  readonly random: Random;
  readonly log: SimulatedLog;
  readonly queue: SimulatedQueue;
  /** Shares out the log's partitions where the engine does not. */
  readonly group: SimulatedGroup;
  readonly leases: SimulatedLeases = new SimulatedLeases();
  readonly checkpoints: SimulatedCheckpoints = new SimulatedCheckpoints();
  /** How often each kind of event was heard. */
  readonly events: Map<string, number> = new Map<string, number>();
  /** How many processes have died. */
  crashes = 0;
  #processes = 0;

  constructor({ scenario, lanes, stages, attempts, blocksKeys, keepHistory }: WorldOptions) {
    const { seed, source, beside, faults } = scenario;
    const queue = source.kind === "queue" ? source : beside;
    this.random = random(seed).fork("world");
    this.history = new History(() => this.time.nowMs, keepHistory);
    this.findings = new Findings(({ guarantee, says }) => this.history.add("referee", "VIOLATION", () => `${guarantee}: ${says}`));
    this.faults = faultPlan(faults, this.random.fork("faults"));
    this.network = new Network({ time: this.time, faults: this.faults, random: this.random.fork("network"), history: this.history });
    this.log = new SimulatedLog(sourceName, source.kind === "log" ? source.partitions : 0);
    const sessionMs = source.kind === "log" ? source.leaseDurationMs : 0;
    this.group = new SimulatedGroup(this.log, sessionMs, () => this.time.nowMs);
    this.queue = new SimulatedQueue({
      name: queueName,
      groups: queue?.groups === true,
      visibilityTimeoutMs: queue?.visibilityTimeoutMs ?? 30_000,
      nowMs: () => this.time.nowMs,
    });
    this.referee = new Referee({
      log: this.log,
      findings: this.findings,
      history: this.history,
      lanes,
      stages,
      attempts,
      blocksKeys,
      maxDone: source.kind === "log" ? source.maxDone : 0,
    });
  }

  /** A new process. */
  process(name: string, skew: Skew, onCrash: () => void): SimulatedProcess {
    const number = this.#processes++;
    return new SimulatedProcess({
      time: this.time,
      name: `${name}.${number}`,
      number,
      skew,
      random: this.random.fork(`process ${number}`),
      onCrash: (process, why) => {
        this.crashes++;
        this.history.add(process.name, "process", () => `DIES: ${why}`);
        onCrash();
      },
    });
  }

  /** The log as a process reads it. */
  logSource(process: SimulatedProcess, shape: LogShape): SimulatedLogSource {
    const { log, network, time, referee, group } = this;
    const common = {
      consumer: "simulated",
      checkpoints: checkpointStore({
        checkpoints: this.checkpoints,
        process,
        network,
        referee,
        maxDone: shape.maxDone,
        maxNotes: shape.maxNotes,
      }),
    };
    return logSource({
      log,
      process,
      network,
      time,
      referee,
      random: this.random.fork(`reads of ${process.number}`),
      pageSize: shape.pageSize,
      coordination:
        shape.assignedBy === "provider"
          ? { ...common, by: "provider", assigner: groupAssigner({ group, process, network, referee }) }
          : { ...common, by: "leases", leases: leaseStore(this.leases, process, network) },
    });
  }

  /** The queue as a process sees it. */
  queueSource(process: SimulatedProcess, { receivers, maxNackDelayMs }: QueueShape): SimulatedQueueSource {
    const { queue, network, time, referee } = this;
    return queueSource({
      queue,
      process,
      network,
      time,
      referee,
      random: this.random.fork(`receives of ${process.number}`),
      receivers,
      maxNackDelayMs,
    });
  }
}
