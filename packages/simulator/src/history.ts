import { epochMs } from "./time/virtual-time.ts";

/** Says what an entry is about; asked only where somebody wants to read it. */
export type About = () => string;

/** What happened in a run, in order. Every entry goes into a hash that proves two runs to be the same; the text is made only where somebody wants to read it. */
export class History {
  readonly lines: string[] = [];
  readonly #keep: boolean;
  readonly #nowMs: () => number;
  #hash = 0x811c9dc5;
  #entries = 0;

  constructor(nowMs: () => number, keep: boolean) {
    this.#nowMs = nowMs;
    this.#keep = keep;
  }

  /** Adds an entry: who, what, and what about it. */
  add(who: string, what: string, about: About): void {
    const atMs = this.#nowMs() - epochMs;
    this.#entries++;
    this.#hash = mix(mix((this.#hash ^ Math.floor(atMs * 1_000)) >>> 0, who), what);
    if (this.#keep) this.lines.push(`${(atMs / 1_000).toFixed(3).padStart(9)} s  ${who.padEnd(10)} ${what.padEnd(16)} ${about()}`);
  }

  /** Equal for runs in which the same happened at the same times. */
  get hash(): string {
    return `${this.#entries}-${this.#hash.toString(16)}`;
  }
}

function mix(hash: number, text: string): number {
  let mixed = hash;
  for (let index = 0; index < text.length; index++) mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return mixed;
}
