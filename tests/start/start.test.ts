import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { get } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { serverNodeOptions } from "../../server/start/serverNode.mjs";
import { copyMadeDemo } from "../support/madeDemo.ts";
import { freePort } from "../support/product.ts";
import { until } from "../support/until.ts";
import { databasePid, dataDir, endOf, isAlive, launch, port, processes, ready, useOwnPlace } from "./launch.ts";

useOwnPlace();

it("ends everything at SIGTERM to the npm process alone", async () => {
  const npm = launch("npm", ["start"]);
  await ready(npm);
  const pids = [...Object.values(processes()), databasePid()];
  expect(pids.every(isAlive)).toBe(true);
  npm.child.kill("SIGTERM");
  await endOf(npm.child);
  await until("nothing is left", () => !pids.some(isAlive), 15_000);
});

it("after SIGKILL of the starter its children end, and the next start reuses the database", async () => {
  const first = launch(process.execPath, ["server/start.mjs"]);
  await ready(first);
  const { server, worker } = processes(), database = databasePid();
  first.child.kill("SIGKILL");
  await until("server and worker notice", () => !isAlive(server) && !isAlive(worker), 15_000);
  expect(isAlive(database)).toBe(true);
  const second = launch(process.execPath, ["server/start.mjs"]);
  await ready(second);
  expect(second.output()).toContain("found the database still running");
  expect(databasePid()).toBe(database);
  second.child.kill("SIGTERM");
  await endOf(second.child);
  await until("the database is down", () => !isAlive(database), 15_000);
});

it("refuses a second start on the same folder, and the first goes on; a killed server is started again", async () => {
  await copyMadeDemo(dataDir);
  const first = launch(process.execPath, ["server/start.mjs"]);
  await ready(first);
  const second = launch(process.execPath, ["server/start.mjs"], { PORT: String(await freePort()) });
  expect(await endOf(second.child)).toBe(1);
  expect(second.output()).toContain("already running");
  const { server } = processes();
  process.kill(server, "SIGKILL");
  await until("another server is healthy", async () => processes().server !== server
    && (await fetch(`http://localhost:${port}/api/health`).catch(() => null))?.ok === true);
  // B1: its memory under load is bounded the second time too.
  if (process.platform === "linux") expect(readFileSync(`/proc/${processes().server}/cmdline`, "utf8").split("\0")).toEqual(expect.arrayContaining([...serverNodeOptions]));
});

it("a real workspace prints its set-up link; its people are not the demo's", async () => {
  const real = launch(process.execPath, ["server/start.mjs", "--real"]);
  await ready(real);
  await until("the link", () => /\/setup\?token=[\w-]{43}/.test(real.output()));
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl) console.log("not run: https, for want of openssl to make a certificate");
it.runIf(hasOpenssl)("serves https with a certificate of one's own, and says the https address", async () => {
  await copyMadeDemo(dataDir);
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(dataDir, name));
  const made = spawnSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "1", "-subj", "/CN=localhost"]);
  expect(made.status).toBe(0);
  const launched = launch(process.execPath, ["server/start.mjs"], { CASEROOM_TLS_CERT: cert, CASEROOM_TLS_KEY: key });
  await ready(launched, "https");
  const answer = await new Promise<{ status: number | undefined; headers: IncomingHttpHeaders }>((resolve, reject) => {
    get(`https://localhost:${port}/sign-in`, { rejectUnauthorized: false }, (res) => { res.resume(); resolve({ status: res.statusCode, headers: res.headers }); }).on("error", reject);
  });
  expect(answer.status).toBe(200);
  expect(answer.headers["strict-transport-security"]).toContain("max-age=31536000");
  expect(answer.headers["content-security-policy"]).toContain(`wss://localhost:${port}`);
});

it("npm run dev serves the pages with hot reload", async () => {
  await copyMadeDemo(dataDir);
  const dev = launch("npm", ["run", "dev"]);
  await ready(dev);
  const page = await fetch(`http://localhost:${port}/sign-in`);
  expect(page.status).toBe(200);
  const scripts = [...(await page.text()).matchAll(/src="(\/_next\/[^"]+\.js[^"]*)"/g)].map(([, path]) => path);
  expect(scripts.length).toBeGreaterThan(0);
  // The development server's socket, which a page needs for hot reload, is handed on.
  const socket = new WebSocket(`ws://localhost:${port}/_next/hmr?id=0`);
  await until("the socket for hot reload", () => socket.readyState === WebSocket.OPEN, 15_000);
  socket.close();
});

it.each([
  [{ HOST: "0.0.0.0" }, /CASEROOM_ORIGIN=https/],
  [{ PORT: "0" }, /PORT cannot be used/],
])("says how to mend %o", async (more, words) => {
  const { child, output } = launch(process.execPath, ["server/start.mjs"], more);
  expect(await endOf(child)).toBe(1);
  expect(output()).toMatch(words);
});

it("says that the port is taken, and leaves nothing running", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  const { child, output } = launch(process.execPath, ["server/start.mjs"]);
  expect(await endOf(child)).toBe(1);
  expect(output()).toContain(`port ${port} is taken`);
  await new Promise((resolve) => other.close(resolve));
});
