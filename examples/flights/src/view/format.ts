/** A count, as in 200,000. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** A count with its noun, as in "1 message" and "2 messages". */
export function plural(value: number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : nouns}`;
}

/** A time, as in 0.4 s. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

/** A rate, to three digits: 34,700/s. */
export function perSecond(messages: number, milliseconds: number): string {
  if (milliseconds <= 0 || messages === 0) return "–";
  return `${count(Number(((messages * 1_000) / milliseconds).toPrecision(3)))}/s`;
}

/** A share, as in 62 %. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Math.floor((part / whole) * 100)} %`;
}
