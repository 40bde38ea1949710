import { onAbort } from "@spillway/spec";

/** One signal that ends with others, and the way to let go of them. */
export interface Ending {
  readonly signal: AbortSignal;
  /** Ends it now. */
  end(reason?: unknown): void;
  /** Takes its listeners off the other signals. */
  release(): void;
}

/** A signal that aborts with the first of these; unlike AbortSignal.any, nothing of it stays with signals that live long. */
export function endedBy(...signals: readonly AbortSignal[]): Ending {
  const controller = new AbortController();
  const releases = signals.map((signal) => onAbort(signal, () => controller.abort(signal.reason)));
  return {
    signal: controller.signal,
    end: (reason) => controller.abort(reason),
    release() {
      for (const release of releases) release();
    },
  };
}
