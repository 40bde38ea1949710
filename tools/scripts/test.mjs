import { existsSync } from "node:fs";
import { main } from "./fail.mjs";
import { node24, root } from "./paths.mjs";
import { run } from "./run.mjs";
import { setup } from "./setup.mjs";

await main(async () => {
  const [first, ...rest] = process.argv.slice(2);
  const newer = first === "--node24";
  await setup();
  if (newer && !existsSync(node24)) {
    console.log("Skipped: there is no Node 24 from npm for this system; run npm test with a Node 24 of your own.");
    return;
  }
  const args = newer ? rest : process.argv.slice(2);
  process.exitCode = await run(newer ? node24 : process.execPath, [`${root}node_modules/vitest/vitest.mjs`, "run", ...args]);
});
