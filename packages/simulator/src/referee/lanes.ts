import type { Unit } from "./unit.ts";

/** The units that must stay in order, as they were appended; and for each stage the first that has not left it. */
export class Lane {
  readonly name: string;
  readonly units: Unit[] = [];
  readonly #first: number[] = [];

  constructor(name: string) {
    this.name = name;
  }

  add(unit: Unit): void {
    unit.lane = this;
    unit.laneIndex = this.units.length;
    this.units.push(unit);
  }

  /** The first unit before this one that has neither passed the stage nor ended, apart from those that go along with it; undefined when there is none. */
  heldBy(stage: number, unit: Unit, along: ReadonlySet<Unit> | undefined): Unit | undefined {
    let at = this.#first[stage] ?? 0;
    while (at < unit.laneIndex && hasLeft(this.units[at] as Unit, stage)) at++;
    this.#first[stage] = Math.max(at, this.#first[stage] ?? 0);
    for (; at < unit.laneIndex; at++) {
      const earlier = this.units[at] as Unit;
      if (!hasLeft(earlier, stage) && along?.has(earlier) !== true) return earlier;
    }
    return undefined;
  }

  /** Everything is to be done again. */
  reset(): void {
    this.#first.length = 0;
  }
}

/** A child has left a stage also when its message has ended as a whole. */
function hasLeft(unit: Unit, stage: number): boolean {
  return (unit.passed & (1 << stage)) !== 0 || unit.end !== undefined || unit.parent?.end !== undefined;
}
