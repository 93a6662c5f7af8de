import { ImageOff } from "lucide-react";
import { useEffect, useRef } from "react";
import { formatBytes } from "../../ui/format.ts";
import type { Preview } from "./preview.ts";
import type { PreparedSeries } from "./scan.ts";
import { sayDay, sayKernel, sayTitle } from "./seriesChoice.ts";

/** One series to pick: a slice, what it is and of when, or why it cannot be the volume. */
export function SeriesCard({ series, isChosen, onChoose }: { series: PreparedSeries; isChosen: boolean; onChoose(): void }) {
  const { images, columns, rows, thicknessMm, modality, bytes, whyNot, studyDate, kernelKind, patients } = series, title = sayTitle(series), when = studyDate ? sayDay(studyDate) : "no day told";
  return (
    <label className={`flex gap-3 rounded-lg border p-2 ${isChosen ? "border-accent bg-raised" : "border-line"} ${whyNot ? "opacity-75" : "cursor-pointer"}`}>
      <span className="flex size-20 shrink-0 items-center justify-center overflow-hidden rounded-md bg-black">
        {series.preview ? <PreviewPicture preview={series.preview} /> : <ImageOff aria-label="No picture: the pixels are packed" size={18} className="text-muted" />}
      </span>
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-2 font-semibold">
          <input type="radio" name="import-series" checked={isChosen} disabled={whyNot !== ""} onChange={onChoose} aria-label={`${title}, ${when}, ${sayKernel(series)}`} />
          <span className="truncate" title={title}>{title}</span>
        </span>
        <span className="block">{when} · <span className={kernelKind === "sharp" ? "text-attention" : ""}>{sayKernel(series)}</span></span>
        <span className="block text-muted">{modality} · {images} {images === 1 ? "image" : "images"} · {columns} × {rows}</span>
        <span className="block text-sm text-muted">{thicknessMm !== null && `${thicknessMm} mm thick · `}{formatBytes(bytes)}</span>
        {patients > 1 && <span className="mt-0.5 block text-sm text-fail">Its files name {patients} patients: a mix-up.</span>}
        {whyNot && <span className="mt-0.5 block text-sm text-attention">{whyNot}</span>}
      </span>
    </label>
  );
}

function PreviewPicture({ preview: { width, height, grey, text } }: { preview: Preview }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const picture = context.createImageData(width, height);
    for (let i = 0; i < grey.length; i++) picture.data.set([grey[i], grey[i], grey[i], 255], 4 * i);
    context.putImageData(picture, 0, 0);
    context.strokeStyle = "#f5b84a";
    for (const { left, top, right, bottom } of text) context.strokeRect(left * width - 1, top * height - 1, (right - left) * width + 2, (bottom - top) * height + 2);
  }, [width, height, grey, text]);
  return <canvas ref={canvas} width={width} height={height} role="img" aria-label={text.length > 0 ? "A slice with what looks like text marked" : "Middle slice"} className="max-h-full max-w-full" />;
}
