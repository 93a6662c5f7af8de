import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A request that is answered with a status and a sentence for the person. */
export class Refused extends Error {
  override name = "Refused";
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What is served from here is data: nothing in it may run, whatever it looks like (G12). */
const dataHeaders = { "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "cache-control": "no-store" };

export function answerJson(res: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  res.writeHead(status, { ...dataHeaders, "content-type": "application/json; charset=utf-8", "content-length": body.byteLength });
  res.end(body);
}

export interface ServedFile { body: Uint8Array | Readable; size: number; type: string; name: string; headers?: Record<string, string> }

/** Sends bytes as a download. A reader that goes away is no failure. */
export async function answerFile(req: IncomingMessage, res: ServerResponse, file: ServedFile): Promise<void> {
  res.writeHead(200, {
    ...dataHeaders, ...file.headers, "content-type": file.type, "content-length": file.size,
    "content-disposition": `attachment; filename="${file.name.replace(/[^A-Za-z0-9._-]/g, "_")}"`,
  });
  if (req.method === "HEAD" || file.body instanceof Uint8Array) {
    if (!(file.body instanceof Uint8Array)) file.body.destroy();
    res.end(req.method === "HEAD" ? undefined : file.body);
    return;
  }
  try {
    await pipeline(file.body, res);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) throw error;
  }
}

/** The whole body, at most `limit` bytes. @throws Refused 413 */
export async function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = () => new Refused(413, "tooLarge", `At most ${limit} bytes can be sent here.`);
  if (Number(req.headers["content-length"] ?? 0) > limit) throw tooLarge();
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    size += part.byteLength;
    if (size > limit) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** A small JSON body. @throws Refused 400, 413 or 415 */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/i.test(req.headers["content-type"] ?? "")) throw new Refused(415, "notJson", "This takes application/json only.");
  const text = (await readBody(req, 64 * 1024)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(400, "notJson", "The body is not JSON.");
  }
}
