/** A number that no JavaScript number or bigint holds exactly: its decimal text, as DynamoDB has it (up to 38 digits). */
export interface DecimalText {
  readonly decimal: string;
}

/** A number without loss: a JavaScript number where that is exact, a bigint for larger whole numbers, the decimal text for everything else. */
export type ExactNumber = number | bigint | DecimalText;

/** The largest power of ten that a bigint is made for; DynamoDB's own bound is 125. */
const maxExponent = 125;

/** Reads a number of DynamoDB without losing a digit. Never throws: what is no number stays text. */
export function exactNumber(text: string): ExactNumber {
  const decimal = parseDecimal(text);
  if (decimal === undefined) return { decimal: text };
  const number = Number(text);
  if (Number.isFinite(number) && isSame(decimal, parseDecimal(String(number))) && !isUnsafeInteger(number))
    return number === 0 ? 0 : number;
  if (decimal.exponent < 0 || decimal.exponent > maxExponent) return { decimal: text };
  return BigInt(decimal.digits) * 10n ** BigInt(decimal.exponent) * (decimal.negative ? -1n : 1n);
}

interface Decimal {
  readonly negative: boolean;
  /** Without zeros at either end; "0" for zero. */
  readonly digits: string;
  readonly exponent: number;
}

function parseDecimal(text: string): Decimal | undefined {
  const [, sign, whole = "", fraction = "", power = "0"] = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === "" && fraction === "") return undefined;
  const all = (whole + fraction).replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  if (digits === "") return { negative: false, digits: "0", exponent: 0 };
  return { negative: sign === "-", digits, exponent: Number(power) - fraction.length + (all.length - digits.length) };
}

function isSame(one: Decimal, other: Decimal | undefined): boolean {
  return one.negative === other?.negative && one.digits === other.digits && one.exponent === other.exponent;
}

/** A whole number beyond 2^53 may happen to be exact, but its neighbours are not: counting with it would lose digits. */
function isUnsafeInteger(number: number): boolean {
  return Number.isInteger(number) && !Number.isSafeInteger(number);
}
