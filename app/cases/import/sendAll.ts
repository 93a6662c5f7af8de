import { SendFailed, sendFile } from "./sendFile.ts";

const sendersAtOnce = 3;
/** Tries of a file in a row that bring nothing over, before the person is asked. */
const tries = 6;
const longestPauseMs = 8_000;

/** A wait that an abort ends. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal.removeEventListener("abort", stop); resolve(); }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** How far the sending is; `isWaiting` while a broken connection is waited for. */
export interface Sending { sentBytes: number; totalBytes: number; sentFiles: number; fileCount: number; isWaiting: boolean }

/** Whether a failure may be gone the next time: the connection, or the server's own trouble. */
export const mayPass = (error: unknown): boolean => error instanceof SendFailed && (error.status === 0 || error.status >= 500);

/** A file to send: the name it goes under, about how large it is, and its bytes as they may leave the page. */
export interface SendItem { name: string; size: number; blob(): Promise<Blob> }
interface Upload {
  id: string;
  files: readonly SendItem[];
  /** Indices of files that have arrived whole; kept between tries of the person. */
  arrived: Set<number>;
  /** Nothing was sent before: the first try of each file begins at its start. */
  isNew: boolean;
  /** Bytes of a file (by the name it is sent under) that the server has. */
  sizeOf(name: string): Promise<number>;
}

/**
 * Sends the files, three at once. A broken file goes on where the server stopped receiving it.
 * @throws SendFailed, or the signal's reason
 */
export async function sendAll(upload: Upload, signal: AbortSignal, onChange: (sending: Sending) => void): Promise<void> {
  const { id, files, arrived, isNew } = upload;
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  const sent = files.map(({ size }, index) => (arrived.has(index) ? size : 0));
  const broken = new Set<number>();
  const show = () => onChange({ sentBytes: sent.reduce((a, b) => a + b, 0), totalBytes, sentFiles: arrived.size, fileCount: files.length, isWaiting: broken.size > 0 });
  const waiting = files.map((_, index) => index).filter((index) => !arrived.has(index));

  const sendOne = async (index: number) => {
    const { name, size } = files[index];
    const file = await files[index].blob();
    let failures = 0;
    for (let isFirst = true; ; isFirst = false) {
      let from = 0;
      try {
        // Asked each time but the very first: only the server knows how much of a broken try it has kept.
        from = isFirst && isNew ? 0 : Math.min(file.size, await upload.sizeOf(name));
        await sendFile(id, name, file, from, signal, (bytes) => {
          if (bytes > from) { broken.delete(index); failures = 0; }
          sent[index] = Math.min(bytes, size);
          show();
        });
        sent[index] = size;
        arrived.add(index);
        broken.delete(index);
        return show();
      } catch (error) {
        const failure = error instanceof SendFailed || signal.aborted ? error : new SendFailed(0, null, "The connection broke.");
        failures++;
        if (signal.aborted || !mayPass(failure) || failures >= tries) throw failure;
        broken.add(index);
        show();
        await pause(Math.min(longestPauseMs, 400 * failures * failures), signal);
      }
    }
  };
  show();
  const sender = async () => { for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) await sendOne(index); };
  await Promise.all(Array.from({ length: Math.min(sendersAtOnce, waiting.length) }, sender));
}
