/** Whether a handler's result must be waited for: awaiting a plain value would cost as much as an asynchronous call. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { readonly then?: unknown }).then === "function";
}
