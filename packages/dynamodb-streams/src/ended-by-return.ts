/**
 * Makes an iterable whose return() also ends a pull that is under way: an async generator by itself finishes its wait first. A pull that is ended
 * so gives "done"; one that the outer signal ends rejects with its reason.
 */
export function endedByReturn<T>(outer: AbortSignal, generate: (signal: AbortSignal) => AsyncGenerator<T, void>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const controller = new AbortController();
      const onAbort = (): void => controller.abort(outer.reason);
      if (outer.aborted) onAbort();
      else outer.addEventListener("abort", onAbort, { once: true });
      const generator = generate(controller.signal);
      let returned = false;

      return {
        async next() {
          try {
            const result = await generator.next();
            if (result.done === true) outer.removeEventListener("abort", onAbort);
            return result;
          } catch (error) {
            outer.removeEventListener("abort", onAbort);
            if (returned) return { done: true, value: undefined };
            throw error;
          }
        },
        async return() {
          returned = true;
          outer.removeEventListener("abort", onAbort);
          controller.abort();
          await generator.return();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
