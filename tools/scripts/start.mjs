import { pathToFileURL } from "node:url";
import { main } from "./fail.mjs";
import { root } from "./paths.mjs";
import { setup } from "./setup.mjs";

const job = `${root}examples/flights/dist/main.js`;

await main(async () => {
  await setup();
  // In this process, not in a child, so that signals and a kill -9 reach the job itself.
  process.argv[1] = job;
  await import(pathToFileURL(job).href);
});
