import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("./packages/", import.meta.url));
const folders = "{packages,examples,tools}/*/src/**";

export default defineConfig({
  resolve: {
    // Tests read the sources, so that they never pass or fail on a stale build.
    alias: [
      { find: /^@spillway\/([a-z-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@spillway\/container\/([a-z-]+)$/, replacement: `${packages}container/src/schemes/$1.ts` },
    ],
  },
  test: {
    // Most files wait for servers: on two cores, one at a time would take half an hour.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          include: [`${folders}/*.test.ts`, "tools/scripts/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", "**/*.slow.test.ts"],
          testTimeout: 10_000,
        },
      },
      {
        // Programs that are started and killed, long histories: after the quick ones, so that these are not slowed by them.
        extends: true,
        test: {
          name: "slow",
          include: [`${folders}/*.slow.test.ts`],
          exclude: ["**/node_modules/**", "**/dist/**"],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
