/** One thing that keeps messages from being let in, or lets them in only one at a time, as explain() shows it. */
export interface GateExplanation {
  /**
   * "in flight": the bound is reached; "busy": all handlers that may run do; "crowded": a later stage has more waiting than it can soon do; "breaker": one is open; "checkpoint": saving fails;
   * "source": reading fails; "dead letters": their sink refuses them; "budget": there were too many of them; "careful": a crash is being looked into, or a queue's message that was given out too often is run alone;
   * "stopping": the pipeline ends.
   */
  readonly gate:
    | "in flight"
    | "busy"
    | "crowded"
    | "breaker"
    | "checkpoint"
    | "source"
    | "dead letters"
    | "budget"
    | "careful"
    | "stopping";
  /** Why, in words. */
  readonly says: string;
}
