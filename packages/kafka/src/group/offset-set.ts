/** The most offsets that lie between a watermark and the last offset of a set: a bitset of them fits into any commit. */
export const maxDistance = 18_000;

/**
 * Writes offsets beyond a base, ascending, as text: "r" and run lengths, or "b" and bits, whichever is shorter. Only offsets less than maxDistance
 * beyond the base are kept.
 */
export function encodeOffsets(base: number, offsets: readonly number[]): string {
  const near = offsets.filter((offset) => offset >= base && offset - base < maxDistance);
  const last = near.at(-1);
  if (last === undefined) return "";
  const runs = runLengths(base, near);
  const bits = bitset(base, near, last - base + 1);
  return runs.length <= bits.length ? `r${runs.toString("base64url")}` : `b${bits.toString("base64url")}`;
}

/** Reads what encodeOffsets wrote; undefined when it is damaged. */
export function decodeOffsets(base: number, text: string): readonly number[] | undefined {
  if (text === "") return [];
  const bytes = Buffer.from(text.slice(1), "base64url");
  if (text.startsWith("b")) return fromBitset(base, bytes);
  return text.startsWith("r") ? fromRunLengths(base, bytes) : undefined;
}

/** Gap, run, gap, run …, each as seven bits a byte. */
function runLengths(base: number, offsets: readonly number[]): Buffer {
  const bytes: number[] = [];
  let next = base;
  for (let index = 0; index < offsets.length; ) {
    const first = offsets[index] ?? 0;
    let run = 1;
    while (offsets[index + run] === first + run) run += 1;
    push(bytes, first - next);
    push(bytes, run);
    next = first + run;
    index += run;
  }
  return Buffer.from(bytes);
}

function push(bytes: number[], value: number): void {
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
}

function fromRunLengths(base: number, bytes: Buffer): readonly number[] | undefined {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const byte of bytes) {
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte > 0x7f) continue;
    numbers.push(value);
    value = 0;
    shift = 0;
  }
  if (shift !== 0 || numbers.length % 2 !== 0) return undefined;
  const offsets: number[] = [];
  let next = base;
  for (let index = 0; index < numbers.length; index += 2) {
    next += numbers[index] ?? 0;
    const end = next + (numbers[index + 1] ?? 0);
    if (end - base > maxDistance) return undefined;
    for (; next < end; next += 1) offsets.push(next);
  }
  return offsets;
}

function bitset(base: number, offsets: readonly number[], length: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(length / 8));
  for (const offset of offsets) {
    const bit = offset - base;
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
  return bytes;
}

function fromBitset(base: number, bytes: Buffer): readonly number[] {
  const offsets: number[] = [];
  for (const [index, byte] of bytes.entries()) {
    for (let bit = 0; bit < 8; bit += 1) if (byte & (1 << bit)) offsets.push(base + index * 8 + bit);
  }
  return offsets;
}
