import { connect, createServer, type Socket } from "node:net";

/** A line that can stall, be cut, be slow, or lead somewhere else, as when a machine or the network is gone. */
export async function openPortLine(target: { host: string; port: number }) {
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: "open" | "stalled" | "cut" = "open", to = target, slowness: (() => number) | null = null, fatal: string | null = null;
  const stall = () => { state = "stalled"; for (const pair of pairs) for (const socket of pair) socket.pause(); };
  const server = createServer((near) => {
    near.on("error", () => near.destroy());
    if (state === "cut") return near.destroy();
    const far = connect(to.port, to.host);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, into] of [[near, far], [far, near]] as const) {
      // What waits keeps its order.
      let last: Promise<void> | null = null;
      from.on("data", (data) => {
        if (from === near && fatal !== null && data.includes(fatal)) {
          fatal = null;
          stall();
          return from.unshift(data);
        }
        const write = () => { if (!into.destroyed) into.write(data); };
        if (last === null && (slowness === null || from === far)) return write();
        const ms = slowness?.() ?? 0;
        const mine: Promise<void> = (last ?? Promise.resolve()).then(() => new Promise<void>((resolve) => setTimeout(resolve, ms))).then(() => { write(); if (last === mine) last = null; });
        last = mine;
      });
      from.on("error", () => into.destroy());
      from.on("close", () => { into.destroy(); pairs.delete(pair); });
      if (state === "stalled") from.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const drop = () => { for (const [near, far] of pairs) { near.destroy(); far.destroy(); } };
  return {
    port: address && typeof address === "object" ? address.port : 0,
    /** Nothing goes through any more, and nobody is told. */
    stall,
    /** Stalls right before the first piece that goes out with this text in it. */
    stallAt(text: string) { fatal = text; },
    /** Every connection ends and new ones are refused. */
    cut() { state = "cut"; drop(); },
    heal() { state = "open"; for (const pair of pairs) for (const socket of pair) socket.resume(); },
    /** Each piece that goes out waits so many milliseconds. */
    slow(ms: (() => number) | null) { slowness = ms; },
    /** Ends all connections; new ones lead to another port. */
    leadTo(port: number) { to = { ...to, port }; drop(); },
    /** Ends all connections; they may come again at once. */
    drop,
    async close() { drop(); await new Promise((resolve) => server.close(resolve)); },
  };
}

/** A line to a PostgreSQL. */
export async function openLine(databaseUrl: string) {
  const url = new URL(databaseUrl);
  const line = await openPortLine({ host: url.hostname, port: Number(url.port || 5432) });
  url.hostname = "127.0.0.1";
  url.port = String(line.port);
  return { ...line, url: url.href };
}
