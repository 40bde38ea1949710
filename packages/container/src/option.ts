import { invalid } from "./invalid.ts";

/** One option that a URL may carry: how its text is read, and what holds when it is left out. */
export interface Option<Value, Presence extends "required" | "optional" | "defaulted"> {
  /** What a value looks like, for errors: "a whole number from 1 to 10". */
  readonly form: string;
  /** Whether its value must never be printed: a password, a token. */
  readonly secret: boolean;
  /** "required": a URL must carry it. "optional": it is not among the values when left out. "defaulted": `whenLeftOut` is its value then. */
  readonly presence: Presence;
  readonly whenLeftOut: Presence extends "defaulted" ? Value : undefined;
  /** Throws for a text that is no value. */
  read(text: string): Value;
}

/** Any option. */
export type AnyOption = Option<unknown, "required"> | Option<unknown, "optional"> | Option<unknown, "defaulted">;

/** All options of a scheme, by name. */
export type Options = Readonly<Record<string, AnyOption>>;

/** What an option's text is read as. */
export type OptionValue<Each extends AnyOption> = Each extends { read(text: string): infer Value } ? Value : never;

/** The values of a scheme's options; one that is optional and left out is not there. */
export type OptionValues<Known extends Options> = {
  readonly [Name in keyof Known as Known[Name]["presence"] extends "optional" ? never : Name]: OptionValue<Known[Name]>;
} & { readonly [Name in keyof Known as Known[Name]["presence"] extends "optional" ? Name : never]?: OptionValue<Known[Name]> };

/** Any text. */
export function text(options: { readonly secret?: boolean } = {}): Option<string, "optional"> {
  return { form: "a text", secret: options.secret ?? false, presence: "optional", whenLeftOut: undefined, read: (value) => value };
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): Option<number, "optional"> {
  const form = most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`;
  return {
    form,
    secret: false,
    presence: "optional",
    whenLeftOut: undefined,
    read(value) {
      const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
      if (number >= least && number <= most) return number;
      throw invalid(`it must be ${form}`);
    },
  };
}

/** Yes or no, written "true" or "false". */
export function trueOrFalse(): Option<boolean, "optional"> {
  const form = '"true" or "false"';
  return {
    form,
    secret: false,
    presence: "optional",
    whenLeftOut: undefined,
    read(value) {
      if (value === "true" || value === "false") return value === "true";
      throw invalid(`it must be ${form}`);
    },
  };
}

/** One of some words; the first is what a URL without the option means. */
export function oneOf<const Word extends string>(first: Word, ...others: readonly Word[]): Option<Word, "defaulted"> {
  const words: readonly Word[] = [first, ...others];
  const form = words.map((word) => `"${word}"`).join(" or ");
  return {
    form,
    secret: false,
    presence: "defaulted",
    whenLeftOut: first,
    read(value) {
      const word = words.find((each) => each === value);
      if (word !== undefined) return word;
      throw invalid(`it must be ${form}`);
    },
  };
}

/** The same option, but a URL must carry it. */
export function required<Value>({ form, secret, read }: Option<Value, "optional">): Option<Value, "required"> {
  return { form, secret, presence: "required", whenLeftOut: undefined, read };
}
