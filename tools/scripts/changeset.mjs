import { install } from "./setup.mjs";
import { main } from "./fail.mjs";
import { tool } from "./paths.mjs";
import { runPnpm } from "./pnpm.mjs";
import { run } from "./run.mjs";

await main(async () => {
  await install();
  const args = process.argv.slice(2);
  process.exitCode = await run(tool("changeset"), args);
  // New versions stand in the lockfile too.
  if (args[0] === "version" && process.exitCode === 0) await runPnpm(["install", "--lockfile-only", "--no-frozen-lockfile"]);
});
