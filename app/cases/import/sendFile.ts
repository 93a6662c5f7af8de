import { isUid } from "../../../core/volume/dicom/uid.ts";
import { caseroomHeader } from "../../api/client.tsx";

/** A file could not be sent. `status` is the answer's, or 0 when the connection broke; `sentence` is for the person. */
export class SendFailed extends Error {
  readonly status: number;
  readonly code: string | null;
  constructor(status: number, code: string | null, sentence: string) {
    super(sentence);
    this.name = "SendFailed";
    this.status = status;
    this.code = code;
  }
}

/** The server's `{error: {code, message}}` or `{code, message}`, whichever it sent. */
function refusalOf(status: number, body: string): SendFailed {
  try {
    const parsed = JSON.parse(body) as { error?: { code?: string; message?: string } | string; code?: string; message?: string };
    const inner = typeof parsed.error === "object" ? parsed.error : parsed;
    const sentence = inner.message ?? (typeof parsed.error === "string" ? parsed.error : undefined);
    if (sentence) return new SendFailed(status, inner.code ?? null, sentence);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error; // not JSON: the sentences below
  }
  if (status === 413) return new SendFailed(status, "tooLarge", "This is larger than the server takes.");
  return new SendFailed(status, null, `The server refused the file (HTTP ${status}).`);
}

/**
 * Streams one file from `offset` bytes on into an upload's quarantine.
 * XMLHttpRequest, because fetch tells nothing of how much of a body has left.
 * Errors: SendFailed; an abort of `signal` rejects with its reason.
 */
export function sendFile(
  uploadId: string, name: string, file: Blob, offset: number, signal: AbortSignal, onSent: (bytes: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const query = new URLSearchParams({ name, offset: String(offset) });
    request.open("PUT", `/api/uploads/${encodeURIComponent(uploadId)}/file?${query}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    for (const [header, value] of Object.entries(caseroomHeader)) request.setRequestHeader(header, value);
    request.upload.onprogress = (event) => onSent(offset + event.loaded);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) { onSent(file.size); resolve(); } else reject(refusalOf(request.status, request.responseText));
    };
    request.onerror = () => reject(new SendFailed(0, null, "The connection broke."));
    request.onabort = () => reject(signal.reason ?? new SendFailed(0, null, "The upload was stopped."));
    request.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    request.send(offset === 0 ? file : file.slice(offset));
  });
}

/**
 * Hands over which UIDs were replaced by which, for the case's encrypted map: with it results can go back to where the scan
 * came from. Errors: SendFailed; an abort of `signal` rejects with its reason.
 */
export async function sendUids(uploadId: string, uids: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
  // What no scanner's UID looks like cannot be referred to either: it is replaced, and not kept.
  const kept = [...uids].filter(([original]) => isUid(original));
  if (kept.length === 0) return;
  const answer = await fetch(`/api/uploads/${encodeURIComponent(uploadId)}/uids`, {
    method: "PUT", body: JSON.stringify(kept), headers: { "content-type": "application/json", ...caseroomHeader }, signal,
  }).catch((error: unknown) => { throw signal.aborted ? error : new SendFailed(0, null, "The connection broke."); });
  if (!answer.ok) throw refusalOf(answer.status, await answer.text());
}
