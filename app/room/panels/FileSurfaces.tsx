import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { MeshSpace, MeshUnit } from "../../../core/surface/meshFile.ts";
import { isAllowed } from "../../../core/review/permissions.ts";
import { caseroomHeader, errorSentence, useTRPC } from "../../api/client.tsx";
import { answerSentence } from "../../sign-in/answerSentence.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import type { SurfaceFileQuestion, SurfaceFileReply } from "../tools/surfaceFile.worker.ts";
import { useIsTurned } from "./TurnedMark.tsx";
import type { RoomContext } from "../useRoom.ts";

const kinds = { intraoralScan: "Intra-oral scan", oldImplant: "Old implant", externalDesign: "External design", other: "Other" } as const;
const units: Readonly<Record<MeshUnit, string>> = { mm: "millimetres", m: "metres", in: "inches" };
const colors = ["#7fd1e8", "#f2b5d4", "#c9e265", "#d0b8ff"] as const;
type Read = Extract<SurfaceFileReply, { format: string }>;

function meshOf(question: SurfaceFileQuestion): Promise<Read> {
  const worker = new Worker(new URL("../tools/surfaceFile.worker.ts", import.meta.url), { type: "module" });
  return new Promise<Read>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<SurfaceFileReply>) => { if ("mesh" in data) resolve(data); else reject(new Error(data.problem)); };
    worker.onerror = () => reject(new Error("The file could not be read. Nothing was changed."));
    worker.postMessage(question);
  }).finally(() => worker.terminate());
}

/** The thinnest wall of a surface in words; nothing for one that is open or was taken before it was measured. */
const wallOf = ({ thinnestWall: wall }: Record<string, unknown>): string => (wall ? `, thinnest wall ${(wall as { mm: number }).mm.toFixed(2)} mm` : "");

/** That a surface was mended, and how far it moved; nothing for one as it came. */
const mendingOf = ({ mended }: Record<string, unknown>): string => (mended ? `, mended (at most ${(mended as { report: { largestDisplacementMm: number } }).report.largestDisplacementMm.toFixed(2)} mm off)` : "");

/** Surfaces out of files (STL, PLY, OBJ, 3MF): list, add with space asked, and the unit where the format names none, remove. */
export function FileSurfaces({ room }: { room: RoomContext }) {
  const { caseId } = room, trpc = useTRPC(), client = useQueryClient(), input = useRef<HTMLInputElement>(null);
  const { data: list } = useQuery(trpc.fileSurfaces.list.queryOptions({ caseId }));
  const [file, setFile] = useState<File | null>(null), [problem, setProblem] = useState<string | null>(null);
  const again = () => client.invalidateQueries(trpc.fileSurfaces.pathFilter());
  const remove = useMutation(trpc.fileSurfaces.remove.mutationOptions({ onSuccess: again, onError: (error) => setProblem(errorSentence(error)) }));
  const canWrite = isAllowed(room.role, "segments.write", room.isArchived);
  if (!canWrite && !list?.length) return null;
  return (
    <section aria-label="Surfaces from files" className="border-b border-line px-3.5 py-3">
      <div className="flex items-center justify-between">
        <h2 className="heading-small">Surfaces from files</h2>
        {canWrite && <button type="button" className="button button-quiet -mr-2" onClick={() => input.current?.click()}><FileUp aria-hidden size={15} />STL, PLY, OBJ, 3MF</button>}
        <input ref={input} type="file" hidden aria-label="File with a surface" accept=".stl,.ply,.obj,.3mf" data-surface-file onChange={(event) => { setFile(event.target.files?.[0] ?? null); event.target.value = ""; }} />
      </div>
      <ul>
        {list?.map(({ id, name, kind, color, unit, facts }) => (
          <li key={id} data-file-surface={id} className="flex items-center gap-2 py-1">
            <span aria-hidden className="size-3 shrink-0 rounded-sm" style={{ background: color }} />
            <span className="min-w-0 flex-1"><span className="block truncate" title={name}>{name}</span><span className="block text-sm text-muted">{kinds[kind]} · {String(facts.triangles)} triangles, {unit}{wallOf(facts)}{mendingOf(facts)}</span></span>
            {canWrite && <button type="button" aria-label={`Remove ${name}`} className="flex size-7 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink" onClick={() => remove.mutate({ caseId, id })}><Trash2 aria-hidden size={14} /></button>}
          </li>
        ))}
      </ul>
      {problem && <p role="alert" className="text-sm text-fail">{problem}</p>}
      {file && <AddSurface caseId={caseId} file={file} color={colors[(list?.length ?? 0) % colors.length]} onDone={() => { setFile(null); void again(); }} onClose={() => setFile(null)} />}
    </section>
  );
}

function AddSurface({ caseId, file, color, onDone, onClose }: { caseId: string; file: File; color: string; onDone(): void; onClose(): void }) {
  // A 3MF names its unit, and is read into millimetres.
  const isTurned = useIsTurned(caseId), namesUnit = file.name.toLowerCase().endsWith(".3mf");
  const [unit, setUnit] = useState<MeshUnit | "">(namesUnit ? "mm" : ""), [space, setSpace] = useState<MeshSpace>("lps"), [kind, setKind] = useState<keyof typeof kinds>("intraoralScan"), [name, setName] = useState<string>("");
  const [read, setRead] = useState<Read | null>(null), [problem, setProblem] = useState<string | null>(null), [isBusy, setBusy] = useState(false);
  useEffect(() => {
    setRead(null);
    if (unit === "") return;
    let isGone = false;
    meshOf({ file, unit, space }).then((made) => { if (!isGone) { setRead(made); setProblem(null); } }, (error: unknown) => { if (!isGone) setProblem(errorSentence(error)); });
    return () => { isGone = true; };
  }, [file, unit, space]);
  const send = async (mesh: Read) => {
    const query = new URLSearchParams({ name: name.trim(), kind, color, format: mesh.format, unit: mesh.format === "3mf" ? "mm" : unit, space });
    const answer = await fetch(`/api/cases/${caseId}/surfaces?${query}`, { method: "POST", headers: { "content-type": "application/octet-stream", ...caseroomHeader }, body: mesh.mesh });
    if (!answer.ok) throw new Error(await answerSentence(answer, "The surface was not taken."));
    onDone();
  };
  return (
    <Dialog title="A surface from a file" onClose={onClose}>
      <p className="mb-2 text-muted">{file.name}. The file and its name stay here; its triangles are stored in the patient&apos;s coordinates.</p>
      <div className="grid gap-2">
        <label className="flex flex-col gap-1">Name in this case<input className="field" value={name} maxLength={80} placeholder="Upper jaw scan" onChange={(event) => setName(event.target.value)} /></label>
        <label className="flex flex-col gap-1">What it is<select className="field" value={kind} onChange={(event) => setKind(event.target.value as keyof typeof kinds)}>{Object.entries(kinds).map(([value, label]) => <option key={value} value={value}>{label}</option>)}</select></label>
        {!namesUnit && <label className="flex flex-col gap-1">Its numbers are in<select className="field" value={unit} onChange={(event) => setUnit(event.target.value as MeshUnit)}><option value="" disabled>Choose: the file does not say</option>{Object.entries(units).map(([value, label]) => <option key={value} value={value}>{label}</option>)}</select></label>}
        <label className="flex flex-col gap-1">Its axes point<select className="field" value={space} onChange={(event) => setSpace(event.target.value as MeshSpace)}><option value="lps">left, back, up (LPS, most files)</option><option value="ras">right, front, up (RAS)</option></select></label>
      </div>
      {isTurned && <p className="mt-2 text-attention">The head was turned in this case: a surface made on the scan itself lies askew here. Take it into the case of the scan instead.</p>}
      {read && <p role="status" className="mt-2">With this it is {read.sizeMm.map((mm) => mm.toFixed(1)).join(" × ")} mm large. Is that so?</p>}
      {problem && <p role="alert" className="mt-2 text-sm text-fail">{problem}</p>}
      <div className="mt-3 flex justify-end gap-2">
        <button type="button" className="button" onClick={onClose}>Cancel</button>
        <button type="button" className="button button-primary" disabled={!read || name.trim() === "" || isBusy} onClick={() => { if (!read) return; setBusy(true); send(read).catch((error: unknown) => setProblem(errorSentence(error))).finally(() => setBusy(false)); }}>Add the surface</button>
      </div>
    </Dialog>
  );
}
