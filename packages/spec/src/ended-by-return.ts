import { onAbort } from "./on-abort.ts";

/**
 * Makes an iterable whose return() also ends a pull that is under way: an async generator by itself finishes its wait first. The generator's signal
 * aborts with the outer one, and by return(). A pull that return() ends gives "done"; one that the outer signal ends does what the generator does.
 */
export function endedByReturn<T>(outer: AbortSignal, generate: (signal: AbortSignal) => AsyncGenerator<T, void>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const controller = new AbortController();
      const release = onAbort(outer, () => controller.abort(outer.reason));
      const generator = generate(controller.signal);
      let returned = false;

      return {
        async next() {
          try {
            const result = await generator.next();
            if (result.done === true) release();
            return result;
          } catch (error) {
            release();
            if (returned) return { done: true, value: undefined };
            throw error;
          }
        },
        async return() {
          returned = true;
          release();
          controller.abort();
          await generator.return();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
