import { handle, type HandleContext, type HandleOptions, type Stage } from "@spillway/core";
import type { Message } from "@spillway/spec";
import type { DependencyContainer, InjectionToken } from "tsyringe";
import { handlesOptions } from "./handles.ts";
import { invalid } from "./invalid.ts";

/** Injects the message that is being handled, where a handler is resolved for each message. */
export const currentMessage: InjectionToken<Message<unknown>> = Symbol("the message that is being handled");

/** The names of an object's methods that can handle messages. */
export type HandlerMethod<Handler> = {
  [Name in keyof Handler]: Handler[Name] extends (value: never, context: HandleContext) => unknown ? Name : never;
}[keyof Handler] &
  string;

/** What a method takes. */
export type Takes<Method> = Method extends (value: infer Value, context: HandleContext) => unknown ? Value : never;

/** What a method gives, once it is awaited. */
export type Gives<Method> = Method extends (value: never, context: HandleContext) => infer Result ? Awaited<Result> : never;

/** How a handler comes out of its container. */
export interface HandleWithOptions extends HandleOptions {
  /**
   * "pipeline", the default: resolved once, when the pipeline is built. "message": resolved for each attempt, in a child container of its own that
   * knows `currentMessage` and is disposed of when the attempt has ended; docs/composition.md says what that costs.
   */
  readonly per?: "pipeline" | "message";
}

/**
 * A stage that runs a method of an object from a container.
 *
 * ```ts
 * handleWith(container, Charging, "charge")
 * ```
 *
 * A class's method must be marked by @handles, whose options hold unless they are given here; an object behind another token need not be. What can
 * bite: with "message", a dispose that fails makes the attempt fail, though its handler had succeeded. And tsyringe disposes of a singleton with the
 * container that was the first to need it: resolve a singleton that has a dispose once before the pipeline runs.
 */
export function handleWith<Handler extends object, Name extends HandlerMethod<Handler>>(
  container: DependencyContainer,
  token: InjectionToken<Handler>,
  method: Name,
  options: HandleWithOptions = {},
): Stage<Takes<Handler[Name]>, Gives<Handler[Name]>> {
  const { per = "pipeline", ...given } = options;
  const marked = typeof token === "function" ? markOf(token, method) : {};
  const stageOptions = { name: nameOf(token, method), ...marked, ...given };
  type Call = (value: Takes<Handler[Name]>, context: HandleContext) => Gives<Handler[Name]> | PromiseLike<Gives<Handler[Name]>>;
  // The method's own type says the same, but TypeScript does not see through the index.
  const call = (handler: Handler, value: Takes<Handler[Name]>, context: HandleContext): ReturnType<Call> =>
    (handler[method] as Call).call(handler, value, context);
  if (per === "pipeline") {
    const handler = container.resolve(token);
    return handle((value: Takes<Handler[Name]>, context) => call(handler, value, context), stageOptions);
  }
  if (!container.isRegistered(token, true) && typeof token !== "function")
    throw invalid(`Nothing is registered for ${nameOf(token, method)}.`);
  return handle(async (value: Takes<Handler[Name]>, context) => {
    const child = container.createChildContainer();
    child.registerInstance(currentMessage, context.message);
    let result: Gives<Handler[Name]>;
    try {
      result = await call(child.resolve(token), value, context);
    } catch (error) {
      // What the handler says of the message counts; that its dispose failed too must not change its class.
      await dispose(child).catch((reason: unknown) => process.emitWarning(`${stageOptions.name}: a dispose failed too: ${String(reason)}`));
      throw error;
    }
    await dispose(child);
    return result;
  }, stageOptions);
}

/** A dispose that throws at once rejects, as one that rejects does. */
async function dispose(child: DependencyContainer): Promise<void> {
  await child.dispose();
}

function markOf(token: { readonly prototype: object }, method: string): HandleOptions {
  const options = handlesOptions(token.prototype, method);
  if (options !== undefined) return options;
  throw invalid(`${nameOf(token, method)} is not marked as a handler: put @handles() before the method.`);
}

function nameOf(token: unknown, method: string): string {
  if (typeof token === "function") return `${token.name}.${method}`;
  return `${typeof token === "symbol" ? (token.description ?? "handler") : typeof token === "string" ? token : "handler"}.${method}`;
}
