import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { packageFolder } from "./paths.ts";
import { endpointVariables, serverNames } from "./server-name.ts";
import { serverTitle } from "./server-title.ts";

afterEach(() => vi.unstubAllEnvs());

test("each server's name and version are those that the README names", async () => {
  const readme = await readFile(join(packageFolder, "README.md"), "utf8");
  for (const server of serverNames) {
    vi.stubEnv(endpointVariables[server], "");
    const { name, version } = serverTitle(server);
    expect(readme).toContain(`| \`${server}\` | ${name} ${version}`);
  }
});

test("of somebody else's server the version is not known", () => {
  vi.stubEnv(endpointVariables.sqs, "http://127.0.0.1:1");
  expect(serverTitle("sqs")).toEqual({ name: "ElasticMQ", version: "unknown: given by SPILLWAY_SQS_ENDPOINT" });
});
