import { useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useRef, useState } from "react";
import { errorSentence, useTRPC, useTRPCClient } from "../../api/client.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import type { FileMask, MaskFileQuestion, MaskFileReply } from "../tools/maskFile.worker.ts";
import { useIsTurned } from "./TurnedMark.tsx";
import type { RoomContext } from "../useRoom.ts";

function masksOf(question: MaskFileQuestion): Promise<FileMask[]> {
  const worker = new Worker(new URL("../tools/maskFile.worker.ts", import.meta.url), { type: "module" });
  return new Promise<FileMask[]>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<MaskFileReply>) => { if ("masks" in data) resolve(data.masks); else reject(new Error(data.problem)); };
    worker.onerror = () => reject(new Error("The file could not be read. Nothing was changed."));
    worker.postMessage(question);
  }).finally(() => worker.terminate());
}

/** How much of a mask there was in the file, and how much there is on the case's voxels. */
const changed = ({ name, before, voxels, millilitres }: FileMask): string => `${name}: ${before.voxels} voxels (${before.millilitres.toFixed(2)} mL) in the file, ${voxels} (${millilitres.toFixed(2)} mL) here.`;

/** Takes masks out of a DICOM SEG or a labelmap into segments of their own, as a proposal. The file itself stays in the browser. */
export function MaskFileButton({ room, freeColor }: { room: RoomContext; freeColor(at: number): string }) {
  const { caseId, grid, session } = room, client = useTRPCClient(), trpc = useTRPC(), queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [masks, setMasks] = useState<FileMask[] | null>(null), [isBusy, setBusy] = useState(false), [problem, setProblem] = useState<string | null>(null), [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const work = (doing: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    doing().catch((error: unknown) => setProblem(errorSentence(error))).finally(() => setBusy(false));
  };
  const read = (file: File) => work(async () => {
    const found = await masksOf({ file, grid });
    setMasks(found);
    setChosen(new Set(found.map((_, i) => i)));
  });
  const take = () => work(async () => {
    for (const [i, { name, bricks }] of (masks ?? []).entries()) {
      if (!chosen.has(i)) continue;
      const { value } = await client.segments.add.mutate({ caseId, name: name.slice(0, 80), color: freeColor(i) });
      await session.commit(value, bricks, "proposal");
    }
    await queries.invalidateQueries(trpc.segments.pathFilter());
    setMasks(null);
  });
  const isTurned = useIsTurned(caseId), isOther = masks?.some(({ isSameGrid }) => !isSameGrid) ?? false, lost = masks?.reduce((sum, { outside }) => sum + outside, 0) ?? 0;
  return (
    <>
      <input ref={input} type="file" hidden aria-label="File with masks" accept=".dcm,.nii,.gz,.nrrd,.mha,.seg" data-mask-file onChange={(event) => { const file = event.target.files?.[0]; event.target.value = ""; if (file) read(file); }} />
      <button type="button" className="button button-quiet px-2" disabled={isBusy} onClick={() => input.current?.click()}><FileUp aria-hidden size={15} />{isBusy && !masks ? "Reading…" : "From a file"}</button>
      {problem && !masks && <p role="alert" className="w-full text-sm text-fail">{problem}</p>}
      {masks && (
        <Dialog title={masks.length === 1 ? "One mask in this file" : `${masks.length} masks in this file`} onClose={() => setMasks(null)}>
          <ul className="flex max-h-72 flex-col gap-1 overflow-y-auto">
            {masks.map(({ name, voxels, value }, i) => (
              <li key={value}><label className="flex items-center gap-2 py-1">
                <input type="checkbox" checked={chosen.has(i)} onChange={() => { const next = new Set(chosen); if (!next.delete(i)) next.add(i); setChosen(next); }} />
                <span className="min-w-0 flex-1 truncate">{name}</span><span className="text-muted">{voxels} voxels</span>
              </label></li>
            ))}
          </ul>
          <p className="mt-2 text-muted">
            {isOther ? `The masks lie on other voxels than this case: each voxel takes the nearest one, up to ${Math.max(...masks.map(({ farthestMm }) => farthestMm)).toFixed(2)} mm away. Compare the outline with the CT before accepting. ${masks.map(changed).join(" ")}` : "They lie on exactly this case's voxels."}
            {lost > 0 ? ` ${lost} voxels of them lie outside this case's volume and are left out.` : ""}
          </p>
          {isTurned && <p className="mt-1 text-attention">The head was turned in this case: a mask made on the scan itself lies askew here. Take it into the case of the scan instead.</p>}
          <p className="mt-1 text-muted">Each becomes a segment of its own and waits as a proposal until it is accepted; where two overlap, the later one is shown.</p>
          {problem && <p role="alert" className="mt-2 text-sm text-fail">{problem}</p>}
          <div className="mt-3 flex justify-end gap-2">
            <button type="button" className="button" onClick={() => setMasks(null)}>Cancel</button>
            <button type="button" className="button button-primary" disabled={isBusy || chosen.size === 0} onClick={take}>{isBusy ? "Taking them over…" : "Propose them"}</button>
          </div>
        </Dialog>
      )}
    </>
  );
}
