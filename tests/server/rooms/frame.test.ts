import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { binaryFrame } from "../../../server/rooms/frame.ts";

describe("a frame that is made once for many sockets", () => {
  const http = createServer(), sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const came: Promise<{ ws: WebSocket; stream: Duplex }> = new Promise((resolve) => {
    http.on("upgrade", (req, stream, head) => sockets.handleUpgrade(req, stream, head, (ws) => resolve({ ws, stream })));
  });
  let client: WebSocket;
  beforeAll(async () => {
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const address = http.address();
    client = new WebSocket(`ws://127.0.0.1:${address && typeof address === "object" ? address.port : 0}`);
    await new Promise((resolve) => client.on("open", resolve));
  });
  afterAll(() => { client.terminate(); sockets.close(); http.close(); });

  it("is read as the message it holds, at every form of its length, among messages that ws sends itself", async () => {
    const { ws, stream } = await came;
    const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000], heard: Buffer[] = [];
    const messages = lengths.map((length, i) => Uint8Array.from({ length }, (_, j) => (i + 31 * j) % 256));
    const all = new Promise<void>((resolve, reject) => {
      client.on("message", (data: Buffer, isBinary) => { if (isBinary) heard.push(data); if (heard.length === 2 * messages.length) resolve(); });
      client.on("close", (code) => reject(new Error(`closed with ${code}`)));
    });
    for (const message of messages) {
      stream.write(binaryFrame(message));
      ws.send(message);
      ws.ping();
    }
    await all;
    for (const [i, message] of messages.entries()) {
      expect(Buffer.compare(heard[2 * i], message), `${lengths[i]} bytes`).toBe(0);
      expect(Buffer.compare(heard[2 * i + 1], message)).toBe(0);
    }
  });
});
