/**
 * Whose turn it is among the partitions of a process that start carefully: one message at a time in the whole process, because a death names every message
 * that was being attempted, and only one can be to blame.
 */
export class CarefulTurn {
  readonly #waiting = new Set<() => void>();
  #owner: object | undefined = undefined;

  /** Whether the turn is free, or this one's own. If not, `wake` is called when it is free again. */
  isFree(owner: object, wake: () => void): boolean {
    if (this.#owner === undefined || this.#owner === owner) return true;
    this.#waiting.add(wake);
    return false;
  }

  take(owner: object): void {
    this.#owner = owner;
  }

  /** Passes the turn on; nothing if it is not this one's. */
  leave(owner: object): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
