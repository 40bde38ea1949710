import { main } from "./fail.mjs";
import { tool } from "./paths.mjs";
import { run } from "./run.mjs";
import { install } from "./setup.mjs";

await main(async () => {
  await install();
  process.exitCode = await run(tool("knip"), ["--no-config-hints", ...process.argv.slice(2)]);
});
