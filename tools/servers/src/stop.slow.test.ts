import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const serverFolder = new URL("../dist/server-folder.js", import.meta.url);
const root = fileURLToPath(new URL("../", import.meta.url));

test.each([
  ["stops it", "await folder.remove();"],
  ["kills it", 'server.signal("SIGKILL"); await server.gone; console.log("gone"); await folder.remove();'],
])("a program whose last work is a server ends well after it %s, and not before", async (_how, end) => {
  const program = `
    import { existsSync } from "node:fs";
    import { serverFolder } from ${JSON.stringify(serverFolder.href)};
    const folder = await serverFolder("test");
    const server = folder.start("server", process.execPath, ["-e", "setInterval(() => {}, 1000)", folder.path]);
    ${end}
    console.log(server.isGone(), existsSync(folder.path));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  expect({ code, output: output.split("\n").at(-2) }).toEqual({ code: 0, output: "true false" });
});
