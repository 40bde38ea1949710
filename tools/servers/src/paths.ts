import { fileURLToPath } from "node:url";

/** This package's folder. */
export const packageFolder: string = fileURLToPath(new URL("../", import.meta.url));

/** Where jars and the entries of running servers are kept; ignored by git, may be deleted while no server runs. */
export const cacheFolder: string = fileURLToPath(new URL("../../../.cache/servers/", import.meta.url));
