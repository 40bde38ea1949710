import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyHistory, type KeyHistory } from "../key-history.ts";

/** What several worker processes have handled, in the order in which they did: they append "worker key number" lines to one file. */
export interface SharedHistory extends Pick<KeyHistory, "distinct" | "repeats" | "violations"> {
  readonly file: string;
  /** Reads what was appended since. */
  update(): void;
  /** How many messages this worker has handled. */
  countOf(worker: string): number;
  /** The place of a message's first handling among all lines; undefined when it was not handled yet. */
  firstAt(key: string, number: number): number | undefined;
  remove(): void;
}

/** An empty file, followed. */
export function sharedHistory(): SharedHistory {
  const folder = mkdtempSync(join(tmpdir(), "spillway-history-"));
  const file = join(folder, "handled");
  writeFileSync(file, "");
  const descriptor = openSync(file, "r");
  const buffer = Buffer.alloc(1 << 20);
  const history = keyHistory();
  const counts = new Map<string, number>();
  const first = new Map<string, number>();
  let position = 0;
  let rest = "";
  let lines = 0;
  return {
    file,
    get distinct() {
      return history.distinct;
    },
    get repeats() {
      return history.repeats;
    },
    get violations() {
      return history.violations;
    },
    update() {
      for (;;) {
        const bytes = readSync(descriptor, buffer, 0, buffer.byteLength, position);
        if (bytes === 0) return;
        position += bytes;
        const texts = (rest + buffer.toString("utf8", 0, bytes)).split("\n");
        rest = texts.pop() ?? "";
        for (const text of texts) {
          const [worker = "", key = "", number = ""] = text.split(" ");
          const before = history.distinct;
          history.saw(key, Number(number));
          if (history.distinct > before) first.set(`${key} ${number}`, lines);
          counts.set(worker, (counts.get(worker) ?? 0) + 1);
          lines += 1;
        }
      }
    },
    countOf: (worker) => counts.get(worker) ?? 0,
    firstAt: (key, number) => first.get(`${key} ${number}`),
    remove() {
      closeSync(descriptor);
      rmSync(folder, { recursive: true });
    },
  };
}
