// Imported before anything else, so that an old Node gets a sentence instead of a stack trace.
const oldest = [20, 19];
const [major, minor] = process.versions.node.split(".").map(Number);

if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  console.error(`Spillway needs Node ${oldest.join(".")} or newer; this is ${process.version} (${process.execPath}).`);
  console.error("Install a newer one from https://nodejs.org or with your version manager, then run the same command again.");
  process.exit(1);
}
