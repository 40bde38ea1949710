/** Stands for I/O: all that wait in one turn of the event loop are answered in the next one. */
export class NextTurn {
  private waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting.push(resolve) === 1) setImmediate(() => this.answer());
    });
  }

  private answer(): void {
    const answered = this.waiting;
    this.waiting = [];
    for (const resolve of answered) resolve();
  }
}
