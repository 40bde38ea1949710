import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cacheFolder } from "./paths.ts";
import { requestStop } from "./server-folder.ts";
import { endpointVariables, serverNames, type ServerName } from "./server-name.ts";
import { cannotStart, start } from "./servers-for.ts";
import { sharedEntry, sharedServer } from "./shared-server.ts";

const usage = `Usage: npm run servers -- up [NAME...]     starts servers that run until "down", and prints how tests find them
       npm run servers -- down [NAME...]   kills them and removes their data
Names: ${serverNames.join(", ")}. Without a name: all.`;

const [verb, ...words] = process.argv.slice(2);
const unknown = words.filter((word) => !serverNames.includes(word as ServerName));
const names = words.length === 0 ? serverNames : (words as ServerName[]);

if (unknown.length > 0 || (verb !== "up" && verb !== "down")) {
  console.error(unknown.length > 0 ? `There is no server named ${unknown.join(", ")}.\n${usage}` : usage);
  process.exitCode = 2;
} else if (verb === "up") {
  for (const name of names) await up(name);
} else {
  for (const name of names) await down(name);
}

async function up(name: ServerName): Promise<void> {
  const reason = await cannotStart(name);
  if (reason !== undefined) {
    console.error(reason);
    process.exitCode = 1;
    return;
  }
  const { endpoint } = await sharedServer(`up-${name}`, (entry) => start(name, { ownerPid: 0, entry }));
  console.log(`export ${endpointVariables[name]}=${endpoint}`);
}

async function down(name: ServerName): Promise<void> {
  const folder = (await sharedEntry(`up-${name}`))?.folder;
  if (folder !== undefined && existsSync(folder)) {
    await requestStop(folder);
    while (existsSync(folder)) await delay(50);
  }
  // Also what a start that failed has left.
  await rm(join(cacheFolder, "run", `up-${name}.json`), { force: true });
}
