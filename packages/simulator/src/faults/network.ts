import { setMaxListeners } from "node:events";
import { SpillwayError } from "@spillway/spec";
import type { About, History } from "../history.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { FaultPlan } from "./fault-plan.ts";
import type { FaultKind, FaultPoint } from "./fault.ts";

/** One call of a process to something outside of it. */
export interface Call<T> {
  readonly process: SimulatedProcess;
  readonly point: FaultPoint;
  readonly signal: AbortSignal | undefined;
  /** Says in the history what it is about. */
  readonly about: About;
  /** What it does there, and its answer; throws to refuse. Runs when the call arrives, whatever has become of the caller. */
  readonly effect: () => T;
  /** Does a part of it, and answers or throws. Where it cannot be done in part, the call is refused instead. */
  readonly partial?: () => T;
}

/** After how long a client gives up a call that is not answered. */
const patienceMs = 60_000;

/** Carries calls from processes to backends and answers back: with delays, and with the faults that the plan has for them. */
export class Network {
  readonly #time: VirtualTime;
  readonly #faults: FaultPlan;
  readonly #random: Random;
  readonly #history: History;

  constructor(options: { readonly time: VirtualTime; readonly faults: FaultPlan; readonly random: Random; readonly history: History }) {
    this.#time = options.time;
    this.#faults = options.faults;
    this.#random = options.random;
    this.#history = options.history;
  }

  /** Makes a call. Settles as the fault says; never when the process dies first. */
  call<T>(call: Call<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { process, signal } = call;
      if (!process.alive) return;
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      let open = true;
      const end = (settle: () => void): void => {
        if (!open || !process.alive) return;
        open = false;
        signal?.removeEventListener("abort", onAbort);
        settle();
      };
      const onAbort = (): void => end(() => reject(signal?.reason));
      if (signal !== undefined) {
        // Many calls wait on one signal of the engine at once, and each takes its listener away again.
        setMaxListeners(0, signal);
        signal.addEventListener("abort", onAbort);
      }
      this.#carry(call, {
        answered: (value) => end(() => resolve(value)),
        failed: (error) => end(() => reject(error)),
      });
    });
  }

  #carry<T>(call: Call<T>, caller: Caller<T>): void {
    const { process, point } = call;
    const fault = this.#faults.pick(point, this.#time.nowMs);
    if (fault !== undefined) this.#history.add(process.name, point, () => `${call.about()} meets: ${fault}`);
    if (process.isCut) {
      this.#later(Math.min(patienceMs, process.cutUntilMs - this.#time.nowMs), () => caller.failed(unanswered(point)));
      return;
    }
    switch (fault) {
      case undefined:
        this.#roundTrip(call, caller, this.#delayMs(), this.#delayMs());
        return;
      case "slow":
        this.#roundTrip(call, caller, this.#random.below(10_000), this.#random.below(5_000));
        return;
      case "partial":
        this.#roundTrip({ ...call, effect: call.partial ?? refuse(point) }, caller, this.#delayMs(), this.#delayMs());
        return;
      case "crash before":
        if (this.#random.chance(0.5)) this.#arrive(call, this.#delayMs(), nobody);
        process.crash(`it made a ${point} call`);
        return;
      case "crash after":
        this.#arrive(call, this.#delayMs(), { answered: () => process.crash(`a ${point} call of its was done`), failed: caller.failed });
        return;
      default:
        this.#fail(fault, call, caller);
    }
  }

  #fail<T>(fault: Exclude<FaultKind, "slow" | "partial" | "crash before" | "crash after">, call: Call<T>, caller: Caller<T>): void {
    const { point } = call;
    const lose = (delayMs: number): void => this.#later(delayMs, () => caller.failed(unanswered(point)));
    switch (fault) {
      case "refused":
        this.#later(this.#delayMs(), () => caller.failed(refusal(point, this.#random)));
        return;
      case "hanging":
        if (this.#random.chance(0.5)) this.#arrive(call, this.#delayMs(), nobody);
        lose(patienceMs);
        return;
      case "answer lost":
        this.#arrive(call, this.#delayMs(), nobody);
        lose(20 + this.#random.below(500));
        return;
      case "late":
        this.#arrive(call, 100 + this.#random.below(5_000), nobody);
        lose(this.#delayMs());
        return;
      case "twice": {
        const second = this.#random.chance(0.5);
        this.#arrive(call, this.#delayMs(), second ? nobody : this.#back(call, caller, this.#delayMs()));
        this.#arrive(call, 10 + this.#random.below(1_000), second ? this.#back(call, caller, this.#delayMs()) : nobody);
      }
    }
  }

  #roundTrip<T>(call: Call<T>, caller: Caller<T>, thereMs: number, backMs: number): void {
    this.#arrive(call, thereMs, this.#back(call, caller, backMs));
  }

  /** The call is carried out when it arrives. */
  #arrive<T>({ process, point, about, effect }: Call<T>, delayMs: number, caller: Caller<T>): void {
    this.#later(delayMs, () => {
      let value: T;
      try {
        value = effect();
      } catch (error) {
        this.#history.add(process.name, point, () => `${about()} is refused: ${error instanceof Error ? error.message : String(error)}`);
        caller.failed(error);
        return;
      }
      this.#history.add(process.name, point, () => `${about()} is done`);
      caller.answered(value);
    });
  }

  /** The answer on its way back; it does not come through a network that was cut meanwhile. */
  #back<T>({ process, point }: Call<T>, caller: Caller<T>, delayMs: number): Caller<T> {
    const through = (tell: () => void): void =>
      this.#later(delayMs, () => {
        if (!process.isCut) tell();
        else this.#later(Math.min(patienceMs, process.cutUntilMs - this.#time.nowMs), () => caller.failed(unanswered(point)));
      });
    return { answered: (value) => through(() => caller.answered(value)), failed: (error) => through(() => caller.failed(error)) };
  }

  #later(delayMs: number, then: () => void): void {
    this.#time.schedule(delayMs, then);
  }

  #delayMs(): number {
    const draw = this.#random.next();
    return draw < 0.9 ? draw * 5 : draw * draw * 60;
  }
}

/** Whoever waits for an answer. */
interface Caller<T> {
  readonly answered: (value: T) => void;
  readonly failed: (error: unknown) => void;
}

const nobody: Caller<unknown> = {
  answered: () => {
    // Nobody hears it.
  },
  failed: () => {
    // Nobody hears it.
  },
};

function refuse(point: FaultPoint): () => never {
  return () => {
    throw new SpillwayError(`a simulated ${point} call was refused`, { code: "SPILLWAY_SIMULATED" });
  };
}

function refusal(point: FaultPoint, random: Random): Error {
  if (random.chance(0.3)) return new Error(`a simulated ${point} call was refused by something that is not Spillway's`);
  return new SpillwayError(`a simulated ${point} call was refused`, { code: "SPILLWAY_SIMULATED" });
}

function unanswered(point: FaultPoint): Error {
  return new SpillwayError(`a simulated ${point} call was not answered: it may have been done`, { code: "SPILLWAY_SIMULATED" });
}
