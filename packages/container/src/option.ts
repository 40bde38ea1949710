import { invalid } from "./invalid.ts";

/** One option that a URL may carry: how its text is read, and what holds when it is left out. */
export interface Option<Value> {
  /** What a value looks like, for errors: "a whole number from 1 to 10". */
  readonly form: string;
  /** Never printed when set: a password, a token. */
  readonly secret: boolean;
  readonly required: boolean;
  /** Throws what is wrong, as a sentence, for a text that is no value. */
  read(text: string): Value;
  /** What a URL without the option means. */
  readonly whenLeftOut: Value;
}

/** All options of a scheme, by name. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values of a scheme's options. */
export type OptionValues<Known extends Options> = {
  readonly [Name in keyof Known]: Known[Name] extends Option<infer Value> ? Value : never;
};

/** Any text. */
export function text(options: { readonly secret?: boolean } = {}): Option<string | undefined> {
  return { form: "a text", secret: options.secret ?? false, required: false, read: (value) => value, whenLeftOut: undefined };
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): Option<number | undefined> {
  const form = most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`;
  return {
    form,
    secret: false,
    required: false,
    whenLeftOut: undefined,
    read(value) {
      const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
      if (number >= least && number <= most) return number;
      throw invalid(`it must be ${form}`);
    },
  };
}

/** One of some words; the first is what a URL without the option means. */
export function oneOf<const Word extends string>(first: Word, ...others: readonly Word[]): Option<Word> {
  const words = [first, ...others];
  const form = words.map((word) => `"${word}"`).join(" or ");
  return {
    form,
    secret: false,
    required: false,
    whenLeftOut: first,
    read(value) {
      const word = words.find((each) => each === value);
      if (word !== undefined) return word;
      throw invalid(`it must be ${form}`);
    },
  };
}

/** The same option, but a URL must carry it. */
export function required<Value>(option: Option<Value>): Option<Exclude<Value, undefined>> {
  return { ...option, required: true } as Option<Exclude<Value, undefined>>;
}
