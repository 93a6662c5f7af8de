import { readFileSync } from "node:fs";
import { createServer as createPlainServer, Server, STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import next from "next";
import { roomsPath } from "../core/protocol/room.ts";
import { answerJson } from "./api/answers.ts";
import { createApi } from "./api/api.ts";
import { judgeHost, setHeaders, stripHeaders } from "./api/gate.ts";
import { createAuth } from "./platform/auth.ts";
import { openBlobs } from "./platform/blobs.ts";
import { openDatabase } from "./platform/db.ts";
import { log } from "./platform/log.ts";
import { parseSettings } from "./platform/settings.ts";
import { appendAudit } from "./record/audit.ts";
import { createRooms } from "./rooms/rooms.ts";

const settings = parseSettings(process.env);
const database = openDatabase(settings.databaseUrl);
const blobs = openBlobs(join(settings.dataDir, "blobs"));
const auth = createAuth(database, settings, appendAudit);
const rooms = createRooms({ database, settings, log, blobs });
const api = createApi({ database, settings, auth, blobs, presentIn: rooms.present });

// Next puts an upgrade listener of its own on the server that it is given; it gets one that never listens, so that
// no upgrade reaches it in production, and in development only those that we hand over.
const upgradesOfNext = new Server();
const pages = next({
  dev: settings.dev, dir: join(dirname(fileURLToPath(import.meta.url)), ".."), hostname: settings.host, port: settings.port, httpServer: upgradesOfNext,
});
await pages.prepare();
const showPage = pages.getRequestHandler();
const isUnder = (url: string | undefined, path: string) => url === path || url?.startsWith(`${path}/`) || url?.startsWith(`${path}?`) || false;

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const verdict = judgeHost(req, settings);
  stripHeaders(req, settings);
  setHeaders(req, res, settings);
  if (verdict.kind === "redirect") {
    res.writeHead(307, { location: verdict.to, "cache-control": "no-store" }).end();
  } else if (verdict.kind === "refuse") {
    res.setHeader("connection", "close");
    answerJson(res, verdict.status, { error: { code: verdict.code, message: verdict.message } });
  } else if (isUnder(req.url, "/api")) {
    await api.handle(req, res);
  } else {
    await showPage(req, res);
  }
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

const onRequest = (req: IncomingMessage, res: ServerResponse) => {
  answer(req, res).catch((error: unknown) => {
    log("error", "server.requestFailed", { reason: error instanceof Error ? error.message : "unknown" });
    res.destroy();
  });
};
const server = settings.tls
  ? createSecureServer({ cert: readFileSync(settings.tls.certPath), key: readFileSync(settings.tls.keyPath) }, onRequest)
  : createPlainServer(onRequest);
// A large scan over a slow line takes its time; headers do not.
server.requestTimeout = 6 * 3600_000;
server.headersTimeout = 30_000;

server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
  socket.on("error", () => socket.destroy());
  const verdict = judgeHost(req, settings);
  stripHeaders(req, settings);
  if (verdict.kind === "refuse") return refuseUpgrade(socket, verdict.status);
  if (isUnder(req.url, roomsPath)) return rooms.handleUpgrade(req, socket, head);
  if (!settings.dev) return refuseUpgrade(socket, 404);
  // Not `pages.getUpgradeHandler()`: it leads past the development server, whose socket a page needs to hydrate.
  if (!upgradesOfNext.emit("upgrade", req, socket, head)) refuseUpgrade(socket, 503);
});

async function sweep(): Promise<void> {
  try {
    const count = await api.sweep();
    if (count > 0) log("info", "uploads.swept", { count });
  } catch (error) {
    log("warn", "uploads.sweepFailed", { reason: error instanceof Error ? error.message : "unknown" });
  }
}
await sweep();
const sweeping = setInterval(() => void sweep(), 3600_000);

let isStopping = false;
async function stop(signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  log("info", "server.stopping", { signal });
  clearInterval(sweeping);
  server.close();
  await rooms.close();
  server.closeAllConnections();
  await database.close();
  process.exit(0);
}
process.on("SIGTERM", () => void stop("SIGTERM"));
process.on("SIGINT", () => void stop("SIGINT"));

server.on("error", (error) => {
  log("error", "server.failed", { reason: error.message });
  process.exit(1);
});
server.listen(settings.port, settings.host, () => log("info", "server.ready", { host: settings.host, port: settings.port, mode: settings.mode }));
