import { caseroomHeader } from "../api/client.tsx";

/** What the server says where it gives no file. */
async function sentenceOf(answer: Response): Promise<string> {
  const body = await answer.json().catch(() => null) as { error?: { message?: string } } | null;
  return body?.error?.message ?? `The server refused the file (HTTP ${answer.status}).`;
}

/** The name that the answer gives its file. */
const nameOf = (answer: Response, href: string): string => /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? href.split("/").at(-1) ?? "file";

/**
 * Fetches a file and hands it to the browser's downloads. @param body sent with POST where it is given @param onProgress fraction
 * 0…1, null where the size is not known @throws Error with a sentence for the person; the signal's reason
 */
export async function downloadFile(href: string, body: object | null, signal: AbortSignal, onProgress: (fraction: number | null) => void): Promise<void> {
  onProgress(null);
  const answer = await fetch(href, body ? { method: "POST", body: JSON.stringify(body), headers: { ...caseroomHeader, "content-type": "application/json" }, signal } : { signal })
    .catch((error: unknown) => { throw signal.aborted ? error : new Error("The connection broke. Try again."); });
  if (!answer.ok) throw new Error(await sentenceOf(answer));
  const size = Number(answer.headers.get("content-length") ?? 0);
  let received = 0;
  const counted = answer.body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
    transform(part, stream) {
      received += part.byteLength;
      onProgress(size > 0 ? received / size : null);
      stream.enqueue(part);
    },
  }));
  const file = await new Response(counted ?? null).blob().catch((error: unknown) => { throw signal.aborted ? error : new Error("The connection broke on the way. Try again."); });
  if (size > 0 && file.size !== size) throw new Error(`The file came cut off, ${file.size} of ${size} bytes. Try again.`);
  const link = document.createElement("a"), url = URL.createObjectURL(file);
  link.href = url;
  link.download = nameOf(answer, href);
  link.click();
  // The browser takes it up after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
