import type { DoneChildren } from "./notes.ts";

/** Which children of a message have ended: a watermark, and those beyond it. */
export class ChildLedger {
  readonly #beyond: Set<number>;
  #below: number;

  constructor(earlier: DoneChildren | undefined) {
    this.#below = earlier?.below ?? 0;
    this.#beyond = new Set(earlier?.beyond);
  }

  has(index: number): boolean {
    return index < this.#below || this.#beyond.has(index);
  }

  add(index: number): void {
    this.#beyond.add(index);
    while (this.#beyond.delete(this.#below)) this.#below++;
  }

  snapshot(): DoneChildren {
    return { below: this.#below, beyond: [...this.#beyond].sort((one, other) => one - other) };
  }
}
