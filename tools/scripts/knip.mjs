import { main } from "./fail.mjs";
import { tool } from "./paths.mjs";
import { run } from "./run.mjs";
import { setup } from "./setup.mjs";

await main(async () => {
  await setup();
  process.exitCode = await run(tool("knip"), ["--no-config-hints", ...process.argv.slice(2)]);
});
