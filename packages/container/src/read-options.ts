import { printableUrl, type Address } from "./address.ts";
import { invalid } from "./invalid.ts";
import { nearestName } from "./nearest-name.ts";
import type { AnyOption, Options, OptionValues } from "./option.ts";

/** Reads and checks the options of an address. Throws SPILLWAY_INVALID_OPTIONS that names the option and never shows a secret's value. */
export function readOptions<Known extends Options>(known: Known, address: Address, form: string): OptionValues<Known> {
  const names = Object.keys(known);
  for (const name of address.options.keys()) {
    if (!names.includes(name)) throw unknownOption(name, names, address.scheme);
  }
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(known)) {
    const value = readOption(name, option, address, form);
    if (value !== undefined) values[name] = value;
  }
  // Each value was read by the option of its name.
  return values as OptionValues<Known>;
}

function readOption(name: string, option: AnyOption, { scheme, options }: Address, form: string): unknown {
  const text = options.get(name);
  if (text === undefined) {
    if (option.presence !== "required") return option.whenLeftOut;
    throw invalid(`A "${scheme}:" URL needs the option "${name}" (${option.form}): ${form}`);
  }
  try {
    return option.read(text);
  } catch (error) {
    // A text that should be none may be a URL with a password.
    const shown = option.secret ? "its value" : `"${printableUrl(text, () => false)}"`;
    throw invalid(`The option "${name}" of a "${scheme}:" URL must be ${option.form}, which ${shown} is not.`, error);
  }
}

function unknownOption(name: string, known: readonly string[], scheme: string): Error {
  const nearest = nearestName(name, known);
  const meant = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
  const list = known.length === 0 ? "It has none." : `It has: ${known.join(", ")}.`;
  return invalid(`"${scheme}:" has no option "${name}".${meant} ${list}`);
}
