import type { CallOptions } from "@spillway/spec";
import { abortable } from "../client/abortable.ts";
import type { GroupStamp } from "../client/kafka-port.ts";

/** The generation that this member has an assignment of, and who waits for the next. */
export interface CurrentStamp {
  /** Undefined while this process is no member. */
  readonly value: GroupStamp | undefined;
  set(next: GroupStamp | undefined): void;
  /** Resolves when the stamp is another one than this. */
  changed(outdated: GroupStamp | undefined, options: CallOptions): Promise<void>;
}

/** Makes a holder without a stamp; `awaited` is called when somebody begins to wait for the next. */
export function currentStamp(awaited: () => void): CurrentStamp {
  const waiting = new Set<() => void>();
  let value: GroupStamp | undefined;
  return {
    get value() {
      return value;
    },
    set(next) {
      value = next;
      for (const heard of waiting) heard();
      waiting.clear();
    },
    async changed(outdated, options) {
      if (value !== outdated) return;
      awaited();
      let heard: () => void = () => {};
      const change = new Promise<void>((resolve) => {
        heard = resolve;
      });
      waiting.add(heard);
      try {
        await abortable(change, options);
      } finally {
        waiting.delete(heard);
      }
    },
  };
}
