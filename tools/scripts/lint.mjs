import { main } from "./fail.mjs";
import { tool } from "./paths.mjs";
import { run } from "./run.mjs";
import { setup } from "./setup.mjs";

await main(async () => {
  await setup();
  const env = { ...process.env, OXLINT_TSGOLINT_PATH: tool("tsgolint") };
  const lint = await run(tool("oxlint"), ["--deny-warnings", "--report-unused-disable-directives", ...process.argv.slice(2)], { env });
  const format = await run(tool("biome"), ["format", ...process.argv.slice(2)]);
  if (format !== 0) console.error("npm run format writes the format that is checked here.");
  process.exitCode = Math.max(lint, format);
});
