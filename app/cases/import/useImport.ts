import { useQueryClient } from "@tanstack/react-query";
import type { inferRouterInputs } from "@trpc/server";
import { useCallback, useEffect, useRef, useState } from "react";
import type { AppRouter } from "../../../server/api/router.ts";
import { errorCode, errorSentence, useTRPC, useTRPCClient } from "../../api/client.tsx";
import { dayOf, daysSince, fingerprintOf, forget, hexOf, newKey, remember, remembered } from "./begunUpload.ts";
import { endOf, type Choice, type Region, type UploadRow } from "./importEnd.ts";
import { sentName, type PickedFile, type SentFile } from "./pickFiles.ts";
import { Preparer } from "./preparer.ts";
import { unreadOf, type Prepared } from "./scan.ts";
import { mayPass, pause, sendAll, type Sending } from "./sendAll.ts";
import { sendUids } from "./sendFile.ts";

/** What a person decided about prepared files; `useRegularPart`: a slice at an odd distance at an end is left out; `part`: only these slices, mm along their normal, and how many others are not sent; `scanDay`: YYYY-MM-DD of a file that tells none, which stays in the page. */
export interface Decision { members: readonly number[]; seriesId: string | null; region: Region; useRegularPart: boolean; part?: { fromMm: number; toMm: number; unsent: number }; scanDay?: string }
/** An upload of the same files that was broken off: which of them go, and what was decided about them then. */
export interface Earlier { id: string; members: string; region: string | null; useRegularPart: boolean }
/** Where an import is. Sizes in bytes, fractions 0…1. */
export type ImportState =
  | { kind: "idle" }
  | { kind: "reading"; fraction: number | null }
  | { kind: "review"; prepared: Prepared; earlier: Earlier | null }
  | ({ kind: "sending" } & Sending)
  | { kind: "decoding"; stage: string; fraction: number | null }
  | { kind: "done"; caseId: string }
  | { kind: "refused"; code: string; message: string; choices: readonly Choice[] }
  | { kind: "failed"; message: string; mayResume: boolean };

/** The reason of an abort when the page is left: what is being decoded goes on without it. */
const pageLeft = new Error("The page was left.");
const pollMs = 400;
const offlinePollMs = 2_000;

type UploadOptions = NonNullable<inferRouterInputs<AppRouter>["uploads"]["finish"]["options"]>;
/** Files that were looked through; their bytes leave only after the person agreed. */
interface Ready { preparer: Preparer; prepared: Prepared; files: readonly PickedFile[]; key: Uint8Array; today: string; earlier: Earlier | null }
/** An upload that has begun: what of it the server has is not sent again. */
interface Begun { id: string; decision: Decision; options: UploadOptions; arrived: Set<number>; isNew: boolean; isHandedOver: boolean }

/**
 * One import at a time: reads and de-identifies the files in the page, shows what would be sent, sends it, then follows the
 * decoding until there is a case or a plain reason why not. A broken upload goes on, also after the page was reloaded and
 * the same files were chosen again.
 */
export function useImport() {
  const client = useTRPCClient();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [state, setState] = useState<ImportState>({ kind: "idle" });
  const running = useRef<AbortController | null>(null);
  const ready = useRef<Ready | null>(null);
  const begun = useRef<Begun | null>(null);

  const letGo = useCallback(() => {
    ready.current?.preparer.close();
    ready.current = null;
    begun.current = null;
  }, []);
  const cancelOnServer = useCallback(async () => {
    const upload = begun.current;
    begun.current = null;
    forget();
    // The quarantine is emptied at once; when this cannot be reached either, the server's own sweep does it.
    if (upload) await client.uploads.cancel.mutate({ id: upload.id }).catch((failure: unknown) => console.warn("The upload could not be cancelled:", failure));
  }, [client]);

  /** Polls until the worker is done with it; a server that is away for a moment is waited for. */
  const follow = useCallback(async (id: string, files: readonly SentFile[], signal: AbortSignal): Promise<ImportState> => {
    for (;;) {
      let row: UploadRow;
      try {
        row = await client.uploads.get.query({ id }, { signal });
      } catch (error) {
        if (signal.aborted || errorCode(error) !== null) throw error;
        setState({ kind: "decoding", stage: "unreachable", fraction: null });
        await pause(offlinePollMs, signal);
        continue;
      }
      const end = endOf(row, files);
      if (end?.kind === "done") await queryClient.invalidateQueries(trpc.cases.pathFilter());
      // While a choice is open the upload waits on the server, and can be found again.
      if (end?.kind === "refused" && end.choices.length > 0) return end;
      if (end) { forget(); return end; }
      setState({ kind: "decoding", stage: row.progress?.stage ?? "waiting", fraction: row.progress?.fraction ?? null });
      await pause(pollMs, signal);
    }
  }, [client, queryClient, trpc]);

  const run = useCallback(async ({ preparer, prepared }: Ready, upload: Begun, signal: AbortSignal): Promise<ImportState> => {
    const { id, decision: { members }, arrived, isNew } = upload;
    const clean = new Set(prepared.volumes.filter(({ isClean }) => isClean).map(({ member }) => member));
    const items = members.map((member) => ({ name: sentName(member, preparer.paths[member]), size: preparer.sizes[member], blob: () => preparer.clean(member, clean.has(member)) }));
    await sendAll({ id, files: items, arrived, isNew, sizeOf: async (name) => (await client.uploads.sizeOf.query({ id, name }, { signal })).size }, signal, (sending) => {
      if (!signal.aborted) setState({ kind: "sending", ...sending });
    });
    setState({ kind: "decoding", stage: "waiting", fraction: null });
    if (!upload.isHandedOver) {
      await sendUids(id, preparer.uids, signal);
      // With what was decided last: one gone on with may have been begun otherwise.
      await client.uploads.finish.mutate({ id, options: upload.options }, { signal });
    }
    upload.isHandedOver = true;
    return follow(id, members.map((member) => ({ path: preparer.paths[member], name: prepared.names.get(member) ?? null })), signal);
  }, [client, follow]);

  /** Runs one step to its end and shows it. */
  const drive = useCallback((work: (signal: AbortSignal) => Promise<ImportState>) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    work(controller.signal).then((end) => {
      if (running.current !== controller) return;
      if (end.kind === "done" || end.kind === "idle") letGo();
      setState(end);
    }, (error: unknown) => {
      if (running.current !== controller || controller.signal.aborted) return;
      const mayResume = begun.current !== null && (mayPass(error) || errorCode(error) === null);
      controller.abort(error); // the other senders stop too
      if (!mayResume) void cancelOnServer();
      setState({ kind: "failed", message: errorSentence(error), mayResume });
    });
  }, [cancelOnServer, letGo]);

  const begin = useCallback(async (decision: Decision, signal: AbortSignal): Promise<ImportState> => {
    const own = ready.current;
    if (!own) return { kind: "idle" };
    const { preparer, prepared, key, today, files, earlier } = own, about = prepared.series.find(({ id }) => id === decision.seriesId);
    let upload: Begun | null = null;
    const chosen = decision.members.join(",");
    const options: UploadOptions = { region: decision.region, useRegularPart: decision.useRegularPart, part: decision.part, hasUnreadText: about !== undefined && about.unreadSets.length > 0, unreadFiles: prepared.broken.length, unread: about ? unreadOf(prepared, about.id) : undefined, ...about ? { scanAgeDays: about.scanAgeDays, isChild: about.isChild ?? undefined } : decision.scanDay ? { scanAgeDays: daysSince(decision.scanDay, today) } : {} };
    if (earlier?.members === chosen) upload = { id: earlier.id, decision, options, arrived: new Set(), isNew: false, isHandedOver: false };
    else {
      const totalBytes = decision.members.reduce((sum, member) => sum + preparer.sizes[member], 0);
      const { id } = await client.uploads.start.mutate({ totalBytes, options });
      upload = { id, decision, options, arrived: new Set(), isNew: true, isHandedOver: false };
      remember({ uploadId: id, keyHex: hexOf(key), today, fingerprint: fingerprintOf(files, key), members: chosen });
    }
    begun.current = upload;
    return run(own, upload, signal);
  }, [client, run]);

  /** Starts with chosen files, or with a drop that is still being walked through: they are read, nothing is sent. */
  const start = useCallback((chosen: readonly PickedFile[] | Promise<readonly PickedFile[]>) => {
    letGo();
    setState({ kind: "reading", fraction: null });
    drive(async (signal) => {
      const files = await chosen;
      if (files.length === 0 || signal.aborted) return { kind: "failed", message: "There was no file in it to read.", mayResume: false };
      const earlier = remembered(files), key = earlier?.key ?? newKey(), today = earlier?.today ?? dayOf(new Date()), preparer = new Preparer();
      signal.addEventListener("abort", () => { if (ready.current?.preparer !== preparer) preparer.close(); }, { once: true });
      const prepared = await preparer.scan(files, key, today, (fraction) => { if (!signal.aborted) setState({ kind: "reading", fraction }); });
      if (signal.aborted) return { kind: "idle" };
      const there = earlier && await client.uploads.get.query({ id: earlier.uploadId }, { signal }).catch(() => null);
      const goesOn: Earlier | null = earlier && there?.state === "receiving" ? { id: there.id, members: earlier.members, region: there.region, useRegularPart: there.useRegularPart } : null;
      ready.current = { preparer, prepared, files, key, today, earlier: goesOn };
      const { series, volumes, broken } = prepared;
      if (series.length === 0 && volumes.length === 0) {
        return { kind: "refused", code: "not-a-volume", message: `${broken[0] ? `${broken[0].path}: ${broken[0].why}.` : `None of the ${preparer.paths.length === 1 ? `files is a CT: ${preparer.paths[0]}` : `${preparer.paths.length} files is a CT`}.`} Give a DICOM folder, a zip of one, or a NIfTI, NRRD or MHA volume.`, choices: [] };
      }
      return { kind: "review", prepared, earlier: goesOn };
    });
  }, [client, drive, letGo]);

  /** The person has seen what is kept and replaced: it is sent. */
  const agree = useCallback((decision: Decision) => drive((signal) => begin(decision, signal)), [begin, drive]);
  /** Goes on with an upload that waits for a choice, with the sub-volume that the person picked: nothing is sent again. */
  const choose = useCallback((series: string) => {
    const upload = begun.current, own = ready.current;
    if (upload && own) drive((signal) => run(own, Object.assign(upload, { options: { ...upload.options, series }, isNew: false, isHandedOver: false }), signal));
  }, [drive, run]);
  /** Goes on with a broken upload. */
  const resume = useCallback(() => {
    const upload = begun.current, own = ready.current;
    if (!upload || !own) return setState({ kind: "idle" });
    drive((signal) => run(own, Object.assign(upload, { isNew: false }), signal));
  }, [drive, run]);
  const cancel = useCallback(() => {
    running.current?.abort();
    running.current = null;
    setState({ kind: "idle" });
    void cancelOnServer().finally(letGo);
  }, [cancelOnServer, letGo]);
  /** One slice of what was read, to look at before it leaves. */
  const sliceOf = useCallback(async (member: number, frame: number) => await ready.current?.preparer.slice(member, frame) ?? null, []);
  /** Closes what is shown; an upload that still waits on the server ends. */
  const dismiss = useCallback(() => {
    if (state.kind === "failed" && state.mayResume || state.kind === "refused" && state.choices.length > 0) void cancelOnServer();
    letGo();
    setState({ kind: "idle" });
  }, [state, cancelOnServer, letGo]);
  useEffect(() => () => { running.current?.abort(pageLeft); ready.current?.preparer.close(); }, []);

  const isRunning = ["reading", "review", "sending", "decoding"].includes(state.kind);
  const isHeld = state.kind === "sending" || (state.kind === "failed" && state.mayResume);
  useEffect(() => {
    if (!isHeld) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isHeld]);

  return { state, isRunning, sliceOf, start, agree, choose, resume, cancel, dismiss };
}
