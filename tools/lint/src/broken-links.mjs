import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const repository = /^https:\/\/github\.com\/spillway\/spillway\/(?:blob|tree)\/main\//;
const skippedFolders = new Set(["node_modules", "dist", "data", "coverage", "api"]);

/**
 * The links in a repository's Markdown that lead to a file or a heading that is not there. Links to other places are not followed.
 *
 * @param {string} root
 * @returns {string[]}
 */
export function brokenLinks(root) {
  return markdownFiles(root).flatMap((file) =>
    linksOf(readFileSync(file, "utf8"))
      .map((link) => [link, problemOf(root, file, link)])
      .filter(([, problem]) => problem !== undefined)
      .map(([link, problem]) => `${relative(root, file)}: ${link}: ${problem}`),
  );
}

function markdownFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skippedFolders.has(entry.name) || entry.name.startsWith(".") ? [] : markdownFiles(path);
    return entry.name.endsWith(".md") && entry.name !== "api.md" ? [path] : [];
  });
}

function linksOf(markdown) {
  const prose = withoutCode(markdown).replaceAll(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const references = [...prose.matchAll(/^\s*\[[^\]]+\]:\s*<?(\S+?)>?\s*$/gm)];
  return [...inline, ...references].map(([, link]) => link);
}

function withoutCode(markdown) {
  return markdown.replaceAll(/^( *)(```+|~~~+)[\s\S]*?^\1\2.*$/gm, "");
}

function problemOf(root, file, link) {
  const inRepository = link.replace(repository, "/");
  if (/^[a-z][a-z+.-]*:/i.test(inRepository)) return undefined;
  const [path = "", anchor] = inRepository.split("#");
  const target = path === "" ? file : path.startsWith("/") ? join(root, path) : join(dirname(file), decodeURIComponent(path));
  if (!existsSync(target)) return "there is no such file";
  if (anchor === undefined || !target.endsWith(".md") || statSync(target).isDirectory()) return undefined;
  return anchorsOf(readFileSync(target, "utf8")).has(decodeURIComponent(anchor)) ? undefined : "there is no such heading";
}

/** The anchors that GitHub gives to headings: lower case, without punctuation, numbered when they come again. */
function anchorsOf(markdown) {
  const seen = new Map();
  const anchors = new Set([...markdown.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id]) => id));
  for (const [, heading] of withoutCode(markdown).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = text.replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "").replaceAll(" ", "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
}
