"use client";
import { useRef, useState } from "react";
import { picturesOf, type ReviewVersion, versionFile } from "./reviewData.ts";

/** The pictures of a version, one beside the other on black: swiped by touch, reached by the dots. */
export function VersionPictures({ caseId, version }: { caseId: string; version: ReviewVersion }) {
  const [at, setAt] = useState(0), strip = useRef<HTMLDivElement>(null), shown = picturesOf(version);
  if (shown.length === 0) return null;
  const go = (i: number) => { strip.current?.scrollTo({ left: i * strip.current.clientWidth, behavior: "smooth" }); };
  return (
    <div className="relative bg-black">
      <div ref={strip} tabIndex={0} role="group" aria-label="Pictures of this version" onScroll={({ currentTarget: { scrollLeft, clientWidth } }) => setAt(Math.round(scrollLeft / Math.max(1, clientWidth)))}
        className="flex h-[232px] snap-x snap-mandatory overflow-x-auto sm:h-[320px] lg:h-[380px]" style={{ scrollbarWidth: "none" }}>
        {shown.map(({ name, title, alt }) => (
          <figure key={name} className="relative h-full w-full shrink-0 snap-center">
            <img src={versionFile(caseId, version.number, `pictures/${name}.png`)} alt={alt} className="size-full object-contain" />
            <figcaption className="absolute left-3 top-2 rounded bg-black/70 px-1.5 text-sm text-ink">{title}</figcaption>
          </figure>
        ))}
      </div>
      <div className="absolute inset-x-0 bottom-0 flex justify-center">
        {shown.map(({ name, title }, i) => (
          <button key={name} type="button" aria-label={`Show ${title}`} aria-current={i === at} onClick={() => go(i)} className="flex size-7 items-center justify-center">
            <span aria-hidden className={`size-2.5 rounded-full border border-ink/70 ${i === at ? "bg-ink" : "bg-black/50"}`} />
          </button>
        ))}
      </div>
    </div>
  );
}
