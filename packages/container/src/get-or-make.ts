/** The thing of a name; makes it when it is asked for first. */
export function getOrMake<Thing>(things: Map<string, Thing>, name: string, make: () => Thing): Thing {
  const thing = things.get(name) ?? make();
  things.set(name, thing);
  return thing;
}
