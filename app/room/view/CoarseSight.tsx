import { useEffect, useRef, useState } from "react";
import { loadCoarse, type CoarseVolume } from "./loadVolume.ts";
import { coarseSlice, type CoarsePlane } from "./coarseSlice.ts";

const planes: readonly { plane: CoarsePlane; axis: 0 | 1 | 2; name: string }[] = [{ plane: "axial", axis: 2, name: "Axial" }, { plane: "coronal", axis: 1, name: "Coronal" }, { plane: "sagittal", axis: 0, name: "Sagittal" }];

/** The CT in few voxels while all of it is on its way: three slices that can be scrolled already. Shows nothing where a case has none. */
export function CoarseSight({ caseId }: { caseId: string }) {
  const [volume, setVolume] = useState<CoarseVolume | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    loadCoarse(caseId, stop.signal).then(setVolume, (error: unknown) => { if (!stop.signal.aborted) console.warn("No coarse picture:", error); });
    return () => stop.abort();
  }, [caseId]);
  useEffect(() => {
    if (!volume) return;
    // The slices are drawn by now; what is put off from before a paint runs after it.
    const frame = requestAnimationFrame(() => setTimeout(() => performance.mark("ct.coarse")));
    return () => cancelAnimationFrame(frame);
  }, [volume]);
  if (!volume) return null;
  return (
    <div data-coarse="" className="flex w-full max-w-4xl flex-wrap justify-center gap-2">
      {planes.map(({ plane, axis, name }) => <CoarsePlaneView key={plane} volume={volume} plane={plane} axis={axis} name={name} />)}
      <p className="w-full text-center text-sm text-muted">A coarse picture, not for measuring; every voxel is on its way.</p>
    </div>
  );
}

function CoarsePlaneView({ volume, plane, axis, name }: { volume: CoarseVolume; plane: CoarsePlane; axis: 0 | 1 | 2; name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null), count = volume.grid.dims[axis];
  const [slice, setSlice] = useState(Math.floor(count / 2));
  useEffect(() => {
    const picture = coarseSlice(volume, plane, slice), context = canvas.current?.getContext("2d");
    if (!context || !canvas.current) return;
    Object.assign(canvas.current, { width: picture.width, height: picture.height });
    context.putImageData(new ImageData(picture.rgba, picture.width, picture.height), 0, 0);
  }, [volume, plane, slice]);
  const { widthMm, heightMm } = coarseSlice.size(volume, plane);
  return (
    <label className="flex w-60 flex-col bg-black p-1">
      <span className="flex justify-between text-sm text-muted"><span>{axis === 0 ? "A" : "R"}</span><span>{name}</span><span>{axis === 0 ? "P" : "L"}</span></span>
      <canvas
        ref={canvas} aria-hidden className="w-full" style={{ aspectRatio: `${widthMm} / ${heightMm}` }}
        onWheel={(event) => setSlice((now) => Math.max(0, Math.min(count - 1, now + Math.sign(event.deltaY))))}
      />
      <input type="range" min={0} max={count - 1} value={slice} aria-label={`${name} slice`} onChange={(event) => setSlice(Number(event.target.value))} />
    </label>
  );
}
