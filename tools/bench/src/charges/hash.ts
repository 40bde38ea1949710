/** A small number that is the same for the same text. */
export function hash(text: string): number {
  let value = 0;
  for (let index = 0; index < text.length; index++) value = (value * 31 + text.charCodeAt(index)) & 0x3fff_ffff;
  return value;
}
