import { existsSync, readdirSync, readFileSync } from "node:fs";

const brokers = /kafka|sqs|kinesis|dynamo|rabbit|redis/i;
const comments = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm;

/** Where the engine's code names a broker; its comments may. */
export function brokerNames(root) {
  const sources = `${root}/packages/core/src/`;
  if (!existsSync(sources)) return [];
  return readdirSync(sources, { recursive: true })
    .filter((file) => file.endsWith(".ts") && !file.includes(".test"))
    .flatMap((file) => {
      const found = brokers.exec(readFileSync(sources + file, "utf8").replaceAll(comments, ""));
      return found === null ? [] : [`core-names-no-broker: packages/core/src/${file} says "${found[0]}"`];
    });
}
