import type { FailureClass, Message } from "@spillway/spec";
import { describePolicy } from "./engine/policy-description.ts";
import { refuse } from "./engine/require.ts";
import { addStage } from "./pipeline.ts";
import type { Delivery } from "./delivery.ts";
import type { Observable } from "rxjs";

/** What a rule may look at beside the error. */
export interface FailureContext {
  readonly message: Message<unknown>;
  /** The stage that failed. */
  readonly stage: string;
  /** The attempt that failed, 1 for the first. */
  readonly attempt: number;
}

/** Names the class of a failure, or undefined to leave it to the next rule. A rule that throws, or names no class, is passed over. */
export type Rule = (error: unknown, context: FailureContext) => FailureClass | undefined;

/** Any class of errors, for `when`. */
export type ErrorType = abstract new (...args: never[]) => Error;

const classes: readonly string[] = ["transient", "resource", "permanent", "fatal"];

/**
 * A rule: errors of this type, or for which this test is true, are of this class.
 *
 * ```ts
 * classify(when(isThrottled, "transient"), when(CardDeclined, "permanent"))
 * ```
 */
export function when(test: ErrorType | ((error: unknown) => boolean), failureClass: FailureClass): Rule {
  if (!classes.includes(failureClass))
    refuse(`a failure is "transient", "resource", "permanent" or "fatal", but not ${JSON.stringify(failureClass)}`);
  const matches = isErrorType(test) ? (error: unknown): boolean => error instanceof test : test;
  return (error) => (matches(error) ? failureClass : undefined);
}

/**
 * Names the class of failures, by the first rule that knows one. What no rule knows keeps the class that the error gives itself (every error of
 * Spillway's and its adapters does), or is transient.
 *
 * Emits every delivery at once, in order; looks at failed ones only.
 */
export function classify(...rules: readonly Rule[]): <T>(source: Observable<Delivery<T>>) => Observable<Delivery<T>> {
  const stage = describePolicy({
    kind: "classify",
    says: `names the class of failures by ${rules.length} ${rules.length === 1 ? "rule" : "rules"}`,
    failed(delivery, failure, _run, pass) {
      // Not up for it: tried again, it would kill the process again.
      if (failure.disposition === "crashed") {
        pass();
        return;
      }
      const context = { message: delivery.message, stage: failure.stage.name, attempt: failure.attempts };
      for (const rule of rules) {
        const named = tryRule(rule, failure.error, context);
        if (named === undefined) continue;
        failure.failureClass = named;
        break;
      }
      pass();
    },
  });
  return (source) => addStage(source, stage);
}

function tryRule(rule: Rule, error: unknown, context: FailureContext): FailureClass | undefined {
  try {
    const named = rule(error, context);
    return named !== undefined && classes.includes(named) ? named : undefined;
  } catch {
    return undefined;
  }
}

function isErrorType(test: ErrorType | ((error: unknown) => boolean)): test is ErrorType {
  return test === Error || test.prototype instanceof Error;
}
