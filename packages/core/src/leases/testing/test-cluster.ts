import type { Clock, Lease, LeaseStore, Partition, PartitionId, StartPosition } from "@spillway/spec";
import { skewedClock, virtualClock, type SkewedClock, type VirtualClock } from "../../testing/virtual-clock.ts";
import { leaseAssigner } from "../lease-assigner.ts";
import type { LeaseEvent } from "../lease-event.ts";
import type { LeaseTiming } from "../lease-timing.ts";
import { sharedController } from "../../engine/shared-controller.ts";
import { faultyLeaseStore, type FaultyLeaseStore } from "./faulty-lease-store.ts";

/** One worker of a cluster under test: an assigner whose user drains and finishes as a well-behaved engine would. */
export interface TestWorker {
  readonly name: string;
  readonly clock: SkewedClock;
  /** What it believes to hold. */
  readonly holds: ReadonlyMap<PartitionId, Lease>;
  readonly events: readonly LeaseEvent[];
  /** How its iteration ended; undefined while it goes on. */
  readonly ended: "done" | Error | undefined;
  /** Stops as an engine does: aborts the signal, then drains and releases everything. */
  leave(): void;
  /** Cuts it off from the store, or connects it again: its calls hang, and are not made. */
  cutOff(isCutOff: boolean): void;
  /** Dies between two instants: nothing of it runs any more; a write on its way may still arrive. */
  crash(): void;
}

/** Workers over one store and one source, on one true time, with the promises checked at every gain. */
export interface TestCluster {
  readonly clock: VirtualClock;
  readonly store: FaultyLeaseStore;
  /** What went wrong; empty when every promise was kept. */
  readonly broken: readonly string[];
  readonly live: readonly TestWorker[];
  readonly gains: readonly { readonly worker: string; readonly lease: Lease }[];
  /** Asked before the source answers; an error is thrown, partitions are hidden. */
  sourceFault: () => Error | ReadonlySet<PartitionId> | undefined;
  /** Waited for after the source was asked and before it answers. */
  sourceWait: (() => Promise<void>) | undefined;
  join(options?: JoinOptions): TestWorker;
  add(id: string, parents?: readonly string[]): void;
  /** The partition ends: its owner finishes it, and hears of these children with its end; of none where left out. */
  end(id: string, children?: readonly string[]): void;
  /** The source forgets it. */
  trim(id: string): void;
  readonly finished: ReadonlySet<string>;
  /** How many partitions there were at first. */
  readonly initial: number;
  /** How many leases each live worker holds. */
  loads(): readonly number[];
}

/** How one worker is made. */
export interface JoinOptions extends Partial<LeaseTiming> {
  readonly name?: string;
  readonly rate?: number;
  readonly offsetMs?: number;
  readonly start?: StartPosition;
  /** How many leases it asks for before it leaves the loop; left out: any number. */
  readonly takes?: number;
  /** Whether its signal was aborted before it began. */
  readonly aborted?: boolean;
}

/** How a cluster behaves. */
export interface TestClusterOptions {
  readonly seed?: number;
  readonly partitions?: readonly string[];
  readonly latencyMs?: number;
  readonly drainMs?: number;
  readonly leaseDurationMs?: number;
}

/** The name under which the cluster keeps its leases. */
export const testScope = "test";

/** A cluster without workers. */
export function testCluster(options: TestClusterOptions = {}): TestCluster {
  const clock = virtualClock({ seed: options.seed ?? 1 });
  const store = faultyLeaseStore(clock, options.latencyMs ?? 4);
  const lineage = new Map<string, Partition>();
  const listed = new Set<string>();
  const ended = new Set<string>();
  const named = new Map<string, readonly Partition[]>();
  const finished = new Set<string>();
  const broken: string[] = [];
  const live = new Set<TestWorker>();
  const gains: { worker: string; lease: Lease }[] = [];
  const tokens = new Map<PartitionId, number>();
  const endings = new Map<string, Set<() => void>>();
  const original = new Set(options.partitions ?? []);
  let names = 0;
  for (const id of original) add(id);

  function add(id: string, parents: readonly string[] = []): void {
    lineage.set(id, { id: id as PartitionId, parents: parents as readonly PartitionId[] });
    listed.add(id);
  }

  function check(worker: string, lease: Lease): void {
    const { partition, token } = lease;
    for (const other of live) {
      if (other.name !== worker && other.holds.has(partition)) broken.push(`${worker} gained ${partition} while ${other.name} held it`);
    }
    if (token <= (tokens.get(partition) ?? 0)) broken.push(`${partition} got token ${token} after ${tokens.get(partition)}`);
    const isFirst = !tokens.has(partition);
    tokens.set(partition, token);
    for (const parent of lineage.get(partition)?.parents ?? []) {
      if (lineage.has(parent) && !finished.has(parent)) broken.push(`${partition} was gained before its parent ${parent} was finished`);
    }
    const wanted = original.has(partition) ? "latest" : "earliest";
    // A partition that was retired and is listed again has a checkpoint.
    if (isFirst && lease.start.at !== wanted) broken.push(`${partition} begins at ${lease.start.at}, not ${wanted}`);
  }

  function join(joining: JoinOptions = {}): TestWorker {
    const name = joining.name ?? `worker-${++names}`;
    const { rate, offsetMs, start = { at: "latest" }, takes = Infinity, aborted, ...timing } = joining;
    let isAlive = true;
    let isCutOff = false;
    const alive = aliveClock(clock, () => isAlive);
    const own = skewedClock(alive, { rate: rate ?? 1, offsetMs: offsetMs ?? 0 });
    const holds = new Map<PartitionId, Lease>();
    const events: LeaseEvent[] = [];
    const stop = sharedController();
    let outcome: "done" | Error | undefined;

    const assigner = leaseAssigner({
      store: reachableStore(
        store,
        () => isAlive,
        () => isCutOff,
      ),
      scope: testScope,
      source: {
        name: "source",
        async partitions() {
          const fault = isAlive ? cluster.sourceFault() : undefined;
          if (fault instanceof Error) throw fault;
          const partitions = [...listed].filter((id) => fault?.has(id as PartitionId) !== true).map((id) => lineage.get(id) as Partition);
          await cluster.sourceWait?.();
          return partitions;
        },
      },
      worker: name,
      clock: own,
      leaseDurationMs: options.leaseDurationMs ?? 10_000,
      ...timing,
      report: (event) => events.push(event),
    });

    function hold(lease: Lease): void {
      check(name, lease);
      gains.push({ worker: name, lease });
      holds.set(lease.partition, lease);
      const isOurs = (): boolean => holds.get(lease.partition) === lease;
      const release = (how: "drained" | "finished"): void => {
        if (!isAlive || !isOurs()) return;
        holds.delete(lease.partition);
        unlisten();
        if (how === "finished") finished.add(lease.partition);
        const children = how === "finished" ? (named.get(lease.partition) ?? []) : [];
        lease.release(how, { signal: new AbortController().signal, children }).catch(() => {
          if (how === "finished") events.push({ type: "lease-lost", partition: lease.partition, token: lease.token, why: "silence" });
        });
      };
      const drain = (): void => void own.schedule(options.drainMs ?? 100, () => release("drained"));
      const finish = (): void => void own.schedule(10, () => release("finished"));
      const forget = (): void => {
        if (isOurs()) holds.delete(lease.partition);
        unlisten();
      };
      const waiting = endings.get(lease.partition) ?? new Set();
      endings.set(lease.partition, waiting);
      function unlisten(): void {
        lease.drain.removeEventListener("abort", drain);
        lease.lost.removeEventListener("abort", forget);
        stop.signal.removeEventListener("abort", drain);
        waiting.delete(finish);
      }
      lease.drain.addEventListener("abort", drain);
      lease.lost.addEventListener("abort", forget);
      stop.signal.addEventListener("abort", drain);
      waiting.add(finish);
      if (lease.lost.aborted) forget();
      else if (ended.has(lease.partition)) finish();
      else if (lease.drain.aborted || stop.signal.aborted) drain();
    }

    async function consume(): Promise<void> {
      try {
        for await (const lease of assigner.leases({ start, signal: stop.signal })) {
          hold(lease);
          if (holds.size === takes) break;
        }
        outcome = "done";
      } catch (error) {
        outcome = error as Error;
      }
    }

    const worker: TestWorker = {
      name,
      clock: own,
      holds,
      events,
      get ended() {
        return outcome;
      },
      leave() {
        stop.abort();
        live.delete(worker);
        leaving.add(worker);
      },
      cutOff(cut) {
        isCutOff = cut;
      },
      crash() {
        isAlive = false;
        holds.clear();
        live.delete(worker);
        leaving.delete(worker);
      },
    };
    live.add(worker);
    if (aborted === true) stop.abort();
    void consume();
    return worker;
  }
  const leaving = new Set<TestWorker>();

  const cluster: TestCluster = {
    clock,
    store,
    broken,
    get live() {
      return [...live];
    },
    gains,
    sourceFault: () => undefined,
    sourceWait: undefined,
    join,
    add,
    end(id, children = []) {
      ended.add(id);
      named.set(
        id,
        children.map((child) => lineage.get(child) as Partition),
      );
      for (const finish of Array.from(endings.get(id) ?? [])) finish();
    },
    trim: (id) => void listed.delete(id),
    finished,
    initial: original.size,
    loads: () => [...live].map((worker) => worker.holds.size),
  };
  return cluster;
}

/** The clock of a process that may die: then none of its timers fires. */
function aliveClock(clock: Clock, isAlive: () => boolean): Clock {
  const whileAlive = (task: () => void) => (): void => {
    if (isAlive()) task();
  };
  return {
    nowMs: () => clock.nowMs(),
    schedule: (delayMs, task) => clock.schedule(delayMs, whileAlive(task)),
    defer: (task) => clock.defer(whileAlive(task)),
    random: () => clock.random(),
  };
}

/** The store as a process sees it that may die, so that no answer reaches it, or be cut off, so that its calls hang. */
function reachableStore(store: LeaseStore, isAlive: () => boolean, isCutOff: () => boolean): LeaseStore {
  function reach<T>(call: () => Promise<T>): Promise<T> {
    if (isCutOff()) return new Promise(() => undefined);
    return new Promise((resolve, reject) => {
      call().then(
        (value) => isAlive() && resolve(value),
        (error: unknown) => isAlive() && reject(error as Error),
      );
    });
  }
  return {
    list: (...call) => reach(() => store.list(...call)),
    compareAndSet: (...call) => reach(() => store.compareAndSet(...call)),
    remove: (...call) => reach(() => store.remove(...call)),
  };
}
