/** Counts messages that have come to their end, and tells when all have. */
export class Countdown {
  private left = 0;
  private reached: () => void = () => {};

  /** Resolves when `tick` was called so many times, and what followed from the last call is over. */
  start(messages: number): Promise<void> {
    if (this.left !== 0) throw new Error(`${this.left} messages of the last round have not come to an end`);
    this.left = messages;
    return new Promise((resolve) => {
      // By then the engine has settled the last one.
      this.reached = () => void setImmediate(resolve);
    });
  }

  tick(): void {
    if (--this.left === 0) this.reached();
  }
}
