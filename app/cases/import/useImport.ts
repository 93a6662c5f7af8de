import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { errorCode, errorSentence, useTRPC, useTRPCClient } from "../../api/client.tsx";
import { shownNames, type PickedFile } from "./pickFiles.ts";
import { mayPass, pause, sendAll, type Sending } from "./sendAll.ts";

/** Where an import is. Sizes in bytes, fractions 0…1. */
export type ImportState =
  | { kind: "idle" }
  | { kind: "reading" }
  | ({ kind: "sending" } & Sending)
  | { kind: "decoding"; stage: string; fraction: number | null }
  | { kind: "done"; caseId: string }
  | { kind: "refused"; code: string; message: string; mayUseRegularPart: boolean }
  | { kind: "failed"; message: string; mayResume: boolean };

/** The refusal that a person may answer with «use the regular part» (core/checks/series.ts). */
const unevenEnd = "uneven-end-slice";
/** The reason of an abort when the page is left: what is being decoded goes on without it. */
const pageLeft = new Error("The page was left.");
const pollMs = 400;
const offlinePollMs = 2_000;

/** An upload that has begun: what of it the server has is not sent again. */
interface Begun { id: string; files: readonly PickedFile[]; arrived: Set<number>; useRegularPart: boolean; isNew: boolean; isHandedOver: boolean }

/**
 * One import at a time: sends the files, then follows the decoding until there is a case or a plain reason why not.
 * When the connection stays away the upload waits on the server, and the person goes on or cancels.
 */
export function useImport() {
  const client = useTRPCClient();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [state, setState] = useState<ImportState>({ kind: "idle" });
  const running = useRef<AbortController | null>(null);
  const begun = useRef<Begun | null>(null);

  const cancelOnServer = useCallback(async () => {
    const upload = begun.current;
    begun.current = null;
    // The quarantine is emptied at once; when this cannot be reached either, the server's own sweep does it.
    if (upload) await client.uploads.cancel.mutate({ id: upload.id }).catch((failure: unknown) => console.warn("The upload could not be cancelled:", failure));
  }, [client]);

  /** Polls until the worker is done with it; a server that is away for a moment is waited for. */
  const follow = useCallback(async ({ id, files, useRegularPart }: Begun, signal: AbortSignal): Promise<ImportState> => {
    for (;;) {
      let row;
      try {
        row = await client.uploads.get.query({ id }, { signal });
      } catch (error) {
        if (signal.aborted || errorCode(error) !== null) throw error;
        setState({ kind: "decoding", stage: "unreachable", fraction: null });
        await pause(offlinePollMs, signal);
        continue;
      }
      if (row.state === "done" && row.caseId) {
        await queryClient.invalidateQueries(trpc.cases.pathFilter());
        return { kind: "done", caseId: row.caseId };
      }
      if (row.state === "refused") {
        const code = row.error?.code ?? "unknown";
        // Here it is a button, not an option of the command line.
        const said = (row.error?.message ?? "The file could not be read.").replace(" with --use-regular-part", "");
        return { kind: "refused", code, message: shownNames(said, files), mayUseRegularPart: !useRegularPart && code === unevenEnd };
      }
      if (row.state === "cancelled") return { kind: "idle" };
      setState({ kind: "decoding", stage: row.progress?.stage ?? "waiting", fraction: row.progress?.fraction ?? null });
      await pause(pollMs, signal);
    }
  }, [client, queryClient, trpc]);

  const run = useCallback(async (upload: Begun, signal: AbortSignal): Promise<ImportState> => {
    const { id } = upload;
    await sendAll({ ...upload, sizeOf: async (name) => (await client.uploads.sizeOf.query({ id, name }, { signal })).size }, signal, (sending) => {
      if (!signal.aborted) setState({ kind: "sending", ...sending });
    });
    setState({ kind: "decoding", stage: "waiting", fraction: null });
    if (!upload.isHandedOver) await client.uploads.finish.mutate({ id }, { signal });
    upload.isHandedOver = true;
    return follow(upload, signal);
  }, [client, follow]);

  /** Runs one import to its end and shows it; `begin` gives the upload, new or begun before. */
  const drive = useCallback((begin: (signal: AbortSignal) => Promise<Begun | null>) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    begun.current = null;
    const work = async () => {
      const upload = await begin(controller.signal);
      if (!upload) return setState({ kind: "failed", message: "There was no file in it to read.", mayResume: false });
      begun.current = upload;
      const end = await run(upload, controller.signal);
      if (end.kind === "done" || end.kind === "idle") begun.current = null;
      if (running.current === controller) setState(end);
    };
    work().catch((error: unknown) => {
      if (running.current !== controller || controller.signal.aborted) return;
      const mayResume = begun.current !== null && (mayPass(error) || errorCode(error) === null);
      controller.abort(error); // the other senders stop too
      if (!mayResume) void cancelOnServer();
      setState({ kind: "failed", message: errorSentence(error), mayResume });
    });
  }, [run, cancelOnServer]);

  /** Starts with chosen files, or with a drop that is still being walked through. */
  const start = useCallback((chosen: readonly PickedFile[] | Promise<readonly PickedFile[]>, useRegularPart = false) => {
    setState({ kind: "reading" });
    drive(async (signal) => {
      const files = await chosen;
      if (files.length === 0 || signal.aborted) return null;
      const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0);
      const { id } = await client.uploads.start.mutate({ totalBytes, options: { useRegularPart } });
      return { id, files, arrived: new Set(), useRegularPart, isNew: true, isHandedOver: false };
    });
  }, [client, drive]);

  /** Goes on with a broken upload, or sends a refused one anew, with the regular part only if so asked. */
  const retry = useCallback((useRegularPart: boolean) => {
    const upload = begun.current;
    if (!upload) return setState({ kind: "idle" });
    if (state.kind === "failed" && state.mayResume) drive(async () => ({ ...upload, isNew: false }));
    else start(upload.files, useRegularPart);
  }, [drive, start, state]);
  const cancel = useCallback(() => {
    running.current?.abort();
    setState({ kind: "idle" });
    void cancelOnServer();
  }, [cancelOnServer]);
  /** Closes what is shown; an upload that still waits on the server ends. */
  const dismiss = useCallback(() => {
    if (state.kind === "failed" && state.mayResume) void cancelOnServer();
    begun.current = null;
    setState({ kind: "idle" });
  }, [state, cancelOnServer]);
  useEffect(() => () => running.current?.abort(pageLeft), []);

  const isRunning = state.kind === "reading" || state.kind === "sending" || state.kind === "decoding";
  const isHeld = state.kind === "sending" || (state.kind === "failed" && state.mayResume);
  useEffect(() => {
    if (!isHeld) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isHeld]);

  return { state, isRunning, start, retry, cancel, dismiss };
}
