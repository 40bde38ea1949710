import "reflect-metadata";
import { currentMessage, handles, handleWith } from "@spillway/container";
import { checkpoint, consume, haltOnFailure, handle, type Stage } from "@spillway/core";
import type { Message } from "@spillway/spec";
import { container, inject, injectable, Lifecycle, scoped, type DependencyContainer } from "tsyringe";
import type { Scenario } from "../bar.ts";
import { Countdown } from "../countdown.ts";
import { makePages, unit } from "../pages.ts";
import { pipelineVariant, type PipelineVariant } from "../pipeline-variant.ts";
import { pairedRounds, ratios, sayRounds } from "../rounds.ts";
import { median, spreadOf } from "../statistics.ts";

const pages = makePages((index) => index);
let seen = 0;

/** What one message needs: it knows the message, and is disposed of with it. */
class UnitOfWork {
  readonly message: Message<unknown>;
  constructor(message: Message<unknown>) {
    this.message = message;
  }
  dispose(): void {
    seen ^= this.message.timestampMs;
  }
}
inject(currentMessage)(UnitOfWork, undefined, 0);
scoped(Lifecycle.ContainerScoped)(UnitOfWork);

/** A handler with one dependency that all share. */
class Ticking {
  private readonly countdown: Countdown;
  constructor(countdown: Countdown) {
    this.countdown = countdown;
  }
  async tick(value: number): Promise<void> {
    seen ^= value;
    this.countdown.tick();
  }
}
inject(Countdown)(Ticking, undefined, 0);
injectable()(Ticking);
handles()(Ticking.prototype, "tick", {});

/** The same, with a unit of work for each message. */
class TickingInUnits {
  private readonly countdown: Countdown;
  private readonly work: UnitOfWork;
  constructor(countdown: Countdown, work: UnitOfWork) {
    this.countdown = countdown;
    this.work = work;
  }
  async tick(value: number): Promise<void> {
    seen ^= value ^ this.work.message.timestampMs;
    this.countdown.tick();
  }
}
inject(Countdown)(TickingInUnits, undefined, 0);
inject(UnitOfWork)(TickingInUnits, undefined, 1);
injectable()(TickingInUnits);
handles()(TickingInUnits.prototype, "tick", {});

/** What a handler out of a container costs, of one that is a function: both async, with nothing to wait for. No bars, but what to expect. */
export const injectedHandlers: Scenario = {
  bars: [
    { name: "injected", says: "an async handler out of a container, of a function", unit: "x" },
    { name: "injected-per-message", says: "one made for each message, with a unit of work", unit: "x" },
  ],
  async measure() {
    const all = [
      variant("function", (_app, countdown) =>
        handle(async (value: number) => {
          seen ^= value;
          countdown.tick();
        }),
      ),
      variant("injected", (app) => handleWith(app, Ticking, "tick")),
      variant("injected-per-message", (app) => handleWith(app, TickingInUnits, "tick", { per: "message" })),
    ];
    const measured = await pairedRounds(
      all.map(({ variant: each }) => each),
      { unit, rounds: 9, roundMs: 150 },
    );
    for (const { stop } of all) await stop();
    return ["injected", "injected-per-message"].map((name) => {
      const over = ratios(measured, name, "function");
      return { name, value: median(over), spread: spreadOf(over), detail: sayRounds(measured) };
    });
  },
};

function variant(name: string, stageOf: (app: DependencyContainer, countdown: Countdown) => Stage<number, unknown>): PipelineVariant {
  return pipelineVariant(name, pages, (source, countdown) => {
    const app = container.createChildContainer();
    app.registerInstance(Countdown, countdown);
    return consume(source, { ordering: "none", maxInFlight: 8_192 }).pipe(stageOf(app, countdown), haltOnFailure(), checkpoint());
  });
}
