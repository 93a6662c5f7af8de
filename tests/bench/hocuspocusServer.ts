// The peer of `bench -- rooms`: @hocuspocus/server with its defaults and a store hook that writes, syncs and renames. Documents
// named `durable…` promise what a room promises: an update is in PostgreSQL before it is applied, by the hook that the peer has for it.
import { mkdtempSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import postgres from "postgres";
import * as Y from "yjs";

const delay = monitorEventLoopDelay({ resolution: 5 });
let cpu = process.cpuUsage();
const dir = mkdtempSync(join(tmpdir(), "caseroom-peer-"));
const isDurable = (document: string) => document.startsWith("durable");
let log: postgres.Sql | undefined;
/** As many connections as a room's database has. */
async function openLog(url: string): Promise<void> {
  log = postgres(url, { max: 10, onnotice: () => undefined });
  await log`create table if not exists log (seq bigserial primary key, document text not null, update bytea not null)`;
}
process.on("message", ({ do: what, url }: { do: string; url?: string }) => {
  if (what === "log" && url) { void openLog(url).then(() => process.send?.({})); return; }
  if (what === "measure") { delay.reset(); delay.enable(); cpu = process.cpuUsage(); process.send?.({}); }
  else if (what === "measured") {
    const { user, system } = process.cpuUsage(cpu);
    delay.disable();
    process.send?.({ p99Ms: delay.percentile(99) / 1e6, rssMiB: process.memoryUsage().rss / 2 ** 20, cpuS: (user + system) / 1e6 });
  } else { rmSync(dir, { recursive: true, force: true, maxRetries: 5 }); process.exit(0); }
});
const freePort = () => new Promise<number>((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const address = probe.address();
    probe.close(() => resolve(address && typeof address === "object" ? address.port : 0));
  });
});
try {
  const { Server } = await import("@hocuspocus/server");
  const port = await freePort();
  const server = new Server({
    quiet: true, stopOnSignals: false, port, address: "127.0.0.1",
    beforeSync: async ({ documentName, type, payload }) => {
      // 0 asks for what is missing; 1 and 2 bring updates.
      if (type !== 0 && log && isDurable(documentName)) await log`insert into log (document, update) values (${documentName}, ${Buffer.from(payload)})`;
    },
    onStoreDocument: async ({ document, documentName }) => {
      if (isDurable(documentName)) return;
      const path = join(dir, encodeURIComponent(documentName)), file = await open(`${path}.new`, "w");
      await file.writeFile(Y.encodeStateAsUpdate(document));
      await file.sync();
      await file.close();
      await rename(`${path}.new`, path);
    },
  });
  await server.listen();
  process.send?.({ port });
} catch {
  process.send?.({ absent: true });
}
