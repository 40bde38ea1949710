/** About how long something takes: the last ones count most. */
export class TypicalTime {
  /** In milliseconds; undefined while nothing was timed. */
  ms: number | undefined = undefined;

  took(tookMs: number): void {
    this.ms = this.ms === undefined ? tookMs : this.ms + (tookMs - this.ms) / 8;
  }
}
