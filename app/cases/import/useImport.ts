import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { errorSentence, useTRPC, useTRPCClient } from "../../api/client.tsx";
import { shownNames, sentName, type PickedFile } from "./pickFiles.ts";
import { SendFailed, sendFile } from "./sendFile.ts";

/** Where an import is. Sizes in bytes, fractions 0…1. */
export type ImportState =
  | { kind: "idle" }
  | { kind: "sending"; sentBytes: number; totalBytes: number; sentFiles: number; fileCount: number; isWaiting: boolean }
  | { kind: "decoding"; stage: string; fraction: number | null }
  | { kind: "done"; caseId: string }
  | { kind: "refused"; code: string; message: string; mayUseRegularPart: boolean }
  | { kind: "failed"; message: string };

/** The refusal that a person may answer with «use the regular part» (core/checks/series.ts). */
const unevenEnd = "uneven-end-slice";
/** The reason of an abort when the page is left: what is being decoded goes on without it. */
const pageLeft = new Error("The page was left.");
const sendersAtOnce = 3;
const tries = 5;

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal.removeEventListener("abort", stop); resolve(); }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * One import at a time: sends the files (three at once, each retried when the connection breaks), then follows
 * the decoding until there is a case or a plain reason why not. The files stay at hand for another try.
 */
export function useImport() {
  const client = useTRPCClient();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [state, setState] = useState<ImportState>({ kind: "idle" });
  const running = useRef<AbortController | null>(null);
  const picked = useRef<readonly PickedFile[]>([]);

  const run = useCallback(async (files: readonly PickedFile[], useRegularPart: boolean, controller: AbortController) => {
    const { signal } = controller;
    const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0);
    const sent = files.map(() => 0);
    let sentFiles = 0;
    let isWaiting = false;
    const show = () => {
      if (!signal.aborted) setState({ kind: "sending", sentBytes: sent.reduce((a, b) => a + b, 0), totalBytes, sentFiles, fileCount: files.length, isWaiting });
    };
    show();
    const { id } = await client.uploads.start.mutate({ totalBytes, options: { useRegularPart } });
    let isHandedOver = false;
    try {
      let next = 0;
      const sender = async () => {
        while (next < files.length) {
          const index = next++;
          const { file, path } = files[index];
          for (let attempt = 1; ; attempt++) {
            try {
              await sendFile(id, sentName(index, path), file, 0, signal, (bytes) => { sent[index] = bytes; isWaiting = false; show(); });
              break;
            } catch (error) {
              if (signal.aborted || attempt === tries || !(error instanceof SendFailed) || (error.status !== 0 && error.status < 500)) throw error;
              sent[index] = 0;
              isWaiting = true;
              show();
              await pause(500 * attempt * attempt, signal);
            }
          }
          sentFiles++;
          show();
        }
      };
      await Promise.all(Array.from({ length: Math.min(sendersAtOnce, files.length) }, sender));
      setState({ kind: "decoding", stage: "waiting for a worker", fraction: null });
      await client.uploads.finish.mutate({ id }, { signal });
      isHandedOver = true;
      for (;;) {
        const row = await client.uploads.get.query({ id }, { signal });
        if (row.state === "done" && row.caseId) {
          await queryClient.invalidateQueries(trpc.cases.pathFilter());
          return setState({ kind: "done", caseId: row.caseId });
        }
        if (row.state === "refused") {
          const code = row.error?.code ?? "unknown";
          // Here it is a button, not an option of the command line.
          const said = (row.error?.message ?? "The file could not be read.").replace(" with --use-regular-part", "");
          const message = shownNames(said, files);
          return setState({ kind: "refused", code, message, mayUseRegularPart: !useRegularPart && code === unevenEnd });
        }
        if (row.state === "cancelled") return setState({ kind: "idle" });
        setState({ kind: "decoding", stage: row.progress?.stage ?? "waiting for a worker", fraction: row.progress?.fraction ?? null });
        await pause(400, signal);
      }
    } catch (error) {
      if (isHandedOver && signal.reason === pageLeft) return;
      controller.abort(error); // the other senders stop too
      // The quarantine is emptied at once; when this cannot be reached either, the server's own sweep does it.
      await client.uploads.cancel.mutate({ id }).catch((failure: unknown) => console.warn("The upload could not be cancelled:", failure));
      throw error;
    }
  }, [client, queryClient, trpc]);

  const start = useCallback((files: readonly PickedFile[], useRegularPart = false) => {
    if (files.length === 0) return setState({ kind: "failed", message: "There was no file in it to read." });
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    picked.current = files;
    run(files, useRegularPart, controller).catch((error: unknown) => {
      if (running.current !== controller) return;
      const { reason } = controller.signal; // the first reason stays: the person's cancel, or the error itself
      const isCancelled = reason instanceof DOMException && reason.name === "AbortError";
      setState(isCancelled ? { kind: "idle" } : { kind: "failed", message: errorSentence(error) });
    });
  }, [run]);

  const retry = useCallback((useRegularPart: boolean) => start(picked.current, useRegularPart), [start]);
  const cancel = useCallback(() => { running.current?.abort(); setState({ kind: "idle" }); }, []);
  const dismiss = useCallback(() => { picked.current = []; setState({ kind: "idle" }); }, []);
  useEffect(() => () => running.current?.abort(pageLeft), []);

  const isRunning = state.kind === "sending" || state.kind === "decoding";
  useEffect(() => {
    if (state.kind !== "sending") return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [state.kind]);

  return { state, isRunning, start, retry, cancel, dismiss };
}
