import type { HandleOptions } from "@spillway/core";

const marked = new WeakMap<object, Map<string | symbol, HandleOptions>>();

/** Marks a method, as a decorator of TypeScript's own kind (`experimentalDecorators`), which tsyringe's are too. */
export interface MarksMethod {
  (prototype: object, method: string | symbol, descriptor: PropertyDescriptor): void;
}

/**
 * Marks a method as a handler, and says how it is to be run.
 *
 * ```ts
 * @injectable()
 * class Charging {
 *   @handles({ concurrency: 8, timeoutMs: 30_000 })
 *   charge(order: Order, { signal }: HandleContext): Promise<Receipt> { ... }
 * }
 * ```
 */
export function handles(options: HandleOptions = {}): MarksMethod {
  return (prototype, method) => {
    const methods = marked.get(prototype) ?? new Map<string | symbol, HandleOptions>();
    marked.set(prototype, methods.set(method, options));
  };
}

/** How a method was marked, also by a class that it is inherited from; undefined when it is no handler. */
export function handlesOptions(prototype: object, method: string | symbol): HandleOptions | undefined {
  for (let each: object | null = prototype; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    const options = marked.get(each)?.get(method);
    if (options !== undefined) return options;
  }
  return undefined;
}
