// postgres.js 3.4.9 writes through a socket that is gone, which ends the process, and never writes again on a connection
// that closed while a write waited: its timer stays set (issues 1066, 1154 and 1208 of porsager/postgres; open pull requests
// 1168 and 1209). Until a release has that, the installed copy is mended here, after every install.
import { readFileSync, renameSync, writeFileSync } from "node:fs";

const folder = new URL("../../node_modules/postgres/", import.meta.url);
const version = JSON.parse(readFileSync(new URL("package.json", folder), "utf8")).version;
if (version !== "3.4.9") throw new Error(`postgres is ${version}, not 3.4.9: see whether it still wants mending, and change or remove this file`);

const changes = [
  ["  function nextWrite(fn) {\n", "  function nextWrite(fn) {\n    if (!socket) { chunk = nextWriteTimer = null; error(Errors.connection('CONNECTION_CLOSED', options)); return false }\n"],
  ["    clearImmediate(nextWriteTimer)\n    if (socket) {", "    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n    if (socket) {"],
  ["    clearImmediate(nextWriteTimer)\n    socket.removeListener", "    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n    socket.removeListener"],
];

for (const build of ["src", "cjs/src"]) {
  const file = new URL(`${build}/connection.js`, folder);
  let text = readFileSync(file, "utf8");
  for (const [from, to] of changes) {
    if (text.includes(to)) continue;
    if (text.split(from).length !== 2) throw new Error(`${build}/connection.js of postgres has no place for «${from.trim()}»`);
    text = text.replace(from, () => to);
  }
  // A new file in its place: the old one may be shared with npm's cache or another checkout.
  const beside = new URL(`${build}/connection.js.mended`, folder);
  writeFileSync(beside, text);
  renameSync(beside, file);
}
