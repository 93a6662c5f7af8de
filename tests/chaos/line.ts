import { connect, createServer, type Socket } from "node:net";

/** A line to a PostgreSQL that can stall or be cut, as when the database or the network is gone. */
export async function openLine(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: "open" | "stalled" | "cut" = "open";
  const server = createServer((near) => {
    near.on("error", () => near.destroy());
    if (state === "cut") return near.destroy();
    const far = connect(Number(target.port || 5432), target.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.on("data", (data) => { to.write(data); });
      from.on("error", () => to.destroy());
      from.on("close", () => { to.destroy(); pairs.delete(pair); });
      if (state === "stalled") from.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(address && typeof address === "object" ? address.port : 0);
  return {
    url: url.href,
    /** Nothing goes through any more, and nobody is told. */
    stall() { state = "stalled"; for (const pair of pairs) for (const socket of pair) socket.pause(); },
    /** Every connection ends and new ones are refused. */
    cut() { state = "cut"; for (const [near, far] of pairs) { near.destroy(); far.destroy(); } },
    heal() { state = "open"; for (const pair of pairs) for (const socket of pair) socket.resume(); },
    async close() { for (const [near, far] of pairs) { near.destroy(); far.destroy(); } await new Promise((resolve) => server.close(resolve)); },
  };
}
