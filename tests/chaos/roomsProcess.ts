// A rooms server in a process of its own, to be stopped and killed: `roomsProcess.ts <database url> <data folder> <port>
// <rebaseEvery> <undoKept>`. Says {port} once it listens, {storing: true} whenever it begins to store a blob (the next
// base of a rebase).
import { createServer } from "node:http";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import { openBlobs } from "../../server/platform/blobs.ts";
import { openDatabase } from "../../server/platform/db.ts";
import { createRooms } from "../../server/rooms/rooms.ts";

const [url, dataDir, port, rebaseEvery, undoKept] = process.argv.slice(2);
const database = openDatabase(url), stored = openBlobs(join(dataDir, "blobs"));
const blobs = { ...stored, put: (bytes: Uint8Array) => { process.send?.({ storing: true }); return stored.put(bytes); } };
const counts = new Map<string, number>();
const rooms = createRooms({
  database, blobs, log: (_level, event) => { counts.set(event, (counts.get(event) ?? 0) + 1); }, settings: { origin: "http://localhost:9", dataDir },
  rebaseEvery: Number(rebaseEvery), undoKept: Number(undoKept),
});
const http = createServer((_req, res) => { res.end(); });
http.on("upgrade", (req, socket, head) => rooms.handleUpgrade(req, socket, head));
http.listen(Number(port), "127.0.0.1", () => {
  const address = http.address();
  process.send?.({ port: address && typeof address === "object" ? address.port : 0 });
});
let rejections = 0;
process.on("unhandledRejection", () => { rejections += 1; });
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

/** How the process is: for the judge of B1, B7, B8 and B11. */
export interface Health { rssMiB: number; loopP99Ms: number; rejections: number; events: Record<string, number>; sockets: number; /** Updates that are proven and not committed yet. */ pending: number; /** What V8 keeps for young objects. */ youngMiB: number }
process.on("message", (ask: { do: "health" | "reset" | "end" }) => {
  if (ask.do === "health" || ask.do === "reset") {
    globalThis.gc?.();
    if (ask.do === "reset") delay.reset();
    process.send?.({ health: { rssMiB: process.memoryUsage().rss / 2 ** 20, loopP99Ms: delay.percentile(99) / 1e6, rejections, events: Object.fromEntries(counts), sockets: rooms.stats().sockets, pending: rooms.stats().pending, youngMiB: (getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? Infinity) / 2 ** 20 } satisfies Health });
    return;
  }
  void rooms.close().then(() => database.close()).then(() => process.exit(0));
});
process.on("SIGTERM", () => { void rooms.close().then(() => database.close()).then(() => process.exit(0)); });
process.on("disconnect", () => process.exit(0));
