import { existsSync } from "node:fs";
import { main } from "./fail.mjs";
import { node24 } from "./paths.mjs";
import { setup } from "./setup.mjs";
import { vitest } from "./vitest.mjs";

await main(async () => {
  const [first, ...rest] = process.argv.slice(2);
  const newer = first === "--node24";
  await setup();
  if (newer && !existsSync(node24)) {
    console.log("Skipped: there is no Node 24 from npm for this system; run npm test with a Node 24 of your own.");
    return;
  }
  process.exitCode = await (newer ? vitest(rest, { node: node24 }) : vitest(process.argv.slice(2)));
});
