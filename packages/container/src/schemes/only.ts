/** The values of these names, without those that are left out. */
export function only<Values extends object, Name extends keyof Values & string>(
  values: Values,
  ...names: readonly Name[]
): Pick<Values, Name> {
  const chosen: readonly string[] = names;
  // The same values under the same names.
  return Object.fromEntries(Object.entries(values).filter(([name]) => chosen.includes(name))) as Pick<Values, Name>;
}
