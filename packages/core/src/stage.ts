import type { Observable, OperatorFunction } from "rxjs";
import type { Delivery } from "./delivery.ts";

/** An operator that makes a B of each A; failed and filtered deliveries pass it untouched. */
export type Stage<A, B> = OperatorFunction<Delivery<A>, Delivery<B>>;

/** An operator that works on deliveries of any value, and moves them from one phase to the next. */
export type Policy<From extends "open" | "retried", To extends "open" | "retried" | "resolved"> = <T>(
  source: Observable<Delivery<T, From>>,
) => Observable<Delivery<T, To>>;
