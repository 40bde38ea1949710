/** A size that halves when it was too much, down to one, and grows back by a tenth with each full success. */
export class AdaptiveLimit {
  readonly max: number;
  #now: number;

  constructor(max: number) {
    this.max = max;
    this.#now = max;
  }

  get now(): number {
    return this.#now;
  }

  /** Work of this size was too much. */
  tooMuch(size: number): void {
    this.#now = Math.max(1, Math.min(this.#now, Math.floor(size / 2)));
  }

  /** Work of this size went well. */
  wentWell(size: number): void {
    if (size >= this.#now && this.#now < this.max) this.#now = Math.min(this.max, this.#now + Math.max(1, Math.floor(this.#now / 10)));
  }
}
