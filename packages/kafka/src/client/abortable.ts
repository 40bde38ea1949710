import type { CallOptions } from "@spillway/spec";

/** Resolves or rejects as the work does, or rejects with the signal's reason when it aborts first; the work then ends unheard. */
export function abortable<T>(work: Promise<T>, { signal }: CallOptions): Promise<T> {
  if (signal.aborted) {
    work.catch(ignored);
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** As abortable, and rejects with what `expire` makes when the work takes longer than the limit. */
export async function bounded<T>(work: Promise<T>, limitMs: number, expire: () => Error, options: CallOptions): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(expire()), limitMs);
  });
  try {
    return await abortable(Promise.race([work, limit]), options);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after a time, or at once when the signal aborts. */
export function pause(delayMs: number, { signal }: CallOptions): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener("abort", end, { once: true });
  });
}

function ignored(): void {
  // Whoever asked has been told already that it was aborted.
}
