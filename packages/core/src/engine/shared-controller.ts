import { setMaxListeners } from "node:events";

/** An AbortController whose signal many calls listen to at once, without Node's warning about a leak: each call removes its own listener. */
export function sharedController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
