import type { Progress } from "../work/progress.ts";
import { liveView } from "./live-view.ts";
import { plainView } from "./plain-view.ts";
import type { Terminal } from "./terminal.ts";

/** Shows how far the pipelines have come. */
export interface View {
  /** May be called as often as there is news. */
  show(progress: readonly Progress[]): void;
  /** Says something beside the progress. */
  note(text: string): void;
  /** Leaves the last state on the screen; other text may follow. */
  end(): void;
}

/** The view that fits the output. */
export function viewFor(terminal: Terminal): View {
  return terminal.interactive ? liveView(terminal) : plainView(terminal);
}
