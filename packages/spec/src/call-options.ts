/** What every call that may wait takes. */
export interface CallOptions {
  /**
   * Ends the wait: the call then rejects soon, with the signal's reason or an error of its own. What it had asked of the provider may still
   * take place; the caller treats the outcome as unknown.
   */
  readonly signal: AbortSignal;
}
