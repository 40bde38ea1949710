/** What a signal asks for. */
export type StopRequest = "stop" | "stop at once" | "nothing new";

/** How requests to stop are told apart. */
export interface StopRequestOptions {
  /** For how long after the first signal another one is taken for the same; 0 where each is one of its own. */
  readonly echoMs: number;
  readonly nowMs?: () => number;
}

/** Makes a listener for the signals that ask a process to stop: the first one stops in good order, a later one at once. */
export function stopRequests({ echoMs, nowMs = () => performance.now() }: StopRequestOptions): () => StopRequest {
  let firstMs: number | undefined;
  return () => {
    const now = nowMs();
    if (firstMs !== undefined) return now - firstMs < echoMs ? "nothing new" : "stop at once";
    firstMs = now;
    return "stop";
  };
}

/**
 * A terminal sends Ctrl-C to npm and to what npm has started, and npm passes it on as well. Where its shell makes way for the program, as bash does, the
 * program hears of one Ctrl-C twice. Anybody else who sends a signal means it.
 */
export function echoOfNpm(env: Readonly<Record<string, string | undefined>>): number {
  return (env["npm_lifecycle_event"] ?? "") === "" ? 0 : 500;
}
