"use client";
import { useEffect, useRef, useState } from "react";
import { distanceColors } from "../../../core/checks/mapColors.ts";
import type { SurfaceGap } from "../../../core/surface/surfaceDistance.ts";
import { errorSentence } from "../../api/client.tsx";
import { ProgressBar } from "../../ui/ProgressBar.tsx";
import { useRoomState } from "../roomStore.ts";
import { meshAt, type SurfaceChoice, useSurfaceChoices } from "../surfaceChoices.ts";
import type { DistanceQuestion, DistanceReply } from "../tools/surfaceDistance.worker.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";

/** `of`: the contents of both, by which it is seen that one of them is another now. */
interface Measured { first: string; second: string; of: readonly [string, string]; key: string; gap: SurfaceGap }

/** The distance between two surfaces of the case, in numbers and as a map on the first of them. Each person's own; nothing is stored. */
export function SurfaceDistance({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const { caseId, store } = room, choices = useSurfaceChoices(room, segments), stop = useRef<AbortController | null>(null);
  const [sources, setSources] = useState<readonly [string, string]>(["", ""]), [fraction, setFraction] = useState<number | null>(null), [measured, setMeasured] = useState<Measured | null>(null), [problem, setProblem] = useState<string | null>(null);
  const solo = useRoomState(store, (s) => s.solo), isMine = measured !== null && solo?.key === measured.key;
  const hide = () => { if (store.get().solo?.key.startsWith("distance:")) store.set({ solo: null }); };
  useEffect(() => () => stop.current?.abort(), []);
  if (choices.length < 2) return null;
  // What was chosen may be gone since, or not chosen yet.
  const [first, second] = [0, 1].map((i): SurfaceChoice => choices.find(({ source }) => source === sources[i]) ?? choices.find(({ source }) => source !== sources[1 - i] && (i === 0 || source !== choices[0].source)) ?? choices[i]);
  const measure = async () => {
    stop.current?.abort();
    const own = stop.current = new AbortController();
    setProblem(null);
    setFraction(0);
    try {
      const [a, b] = await Promise.all([meshAt(caseId, first.path, own.signal), meshAt(caseId, second.path, own.signal)]);
      const gap = await gapOf({ first: a, second: b }, own.signal, setFraction), { rgba, legend } = distanceColors(gap.map, gap.isSigned), key = `distance:${first.key}:${second.key}`;
      setMeasured({ first: first.name, second: second.name, of: [first.key, second.key], key, gap });
      store.set({ solo: { key, title: `${first.name} to ${second.name}, mm`, mesh: a, rgba, legend } });
    } catch (error) {
      if (!own.signal.aborted) setProblem(errorSentence(error));
    }
    if (stop.current === own) setFraction(null);
  };
  const select = (i: 0 | 1, label: string) => (
    <label className="flex items-center gap-3"><span className="w-14">{label}</span>
      <select className="field min-w-0 flex-1" data-distance={i} value={[first, second][i].source} onChange={({ target: { value } }) => setSources(i === 0 ? [value, second.source] : [first.source, value])}>{choices.map(({ source, name }) => <option key={source} value={source}>{name}</option>)}</select>
    </label>
  );
  return (
    <section aria-label="Distance between surfaces" className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-1.5">Distance between surfaces</h2>
      <div className="grid gap-1.5">{select(0, "From")}{select(1, "To")}</div>
      {fraction === null
        ? <button type="button" className="button mt-2" disabled={first.source === second.source} onClick={() => void measure()}>Measure</button>
        : <div className="mt-2 flex items-center gap-2"><div className="min-w-0 flex-1"><ProgressBar label="Measuring the distance" fraction={fraction} /></div><button type="button" className="button" onClick={() => { stop.current?.abort(); setFraction(null); }}>Cancel</button></div>}
      {problem && <p role="alert" className="mt-1.5 text-sm text-fail">{problem}</p>}
      {measured && fraction === null && <Numbers measured={measured} isShown={isMine} isOld={measured.of.some((key) => !choices.some((one) => one.key === key))} onHide={hide} />}
    </section>
  );
}

function gapOf(question: DistanceQuestion, signal: AbortSignal, say: (fraction: number) => void): Promise<SurfaceGap> {
  const worker = new Worker(new URL("../tools/surfaceDistance.worker.ts", import.meta.url), { type: "module" });
  return new Promise<SurfaceGap>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<DistanceReply>) => { if ("fraction" in data) say(data.fraction); else if ("gap" in data) resolve(data.gap); else reject(new Error(data.problem)); };
    worker.onerror = () => reject(new Error("The distance could not be measured."));
    signal.addEventListener("abort", () => reject(new Error("cancelled")), { once: true });
    worker.postMessage(question);
  }).finally(() => worker.terminate());
}

function Numbers({ measured: { first, second, gap: { from, back, hausdorffMm, isSigned } }, isShown, isOld, onHide }: { measured: Measured; isShown: boolean; isOld: boolean; onHide(): void }) {
  const mm = (value: number) => value.toFixed(2), rows = [[`${first} → ${second}`, from], [`${second} → ${first}`, back]] as const;
  return (
    <div data-distance-result="" className="mt-2 text-sm">
      <table className="w-full"><caption className="sr-only">Distances in mm</caption>
        <thead><tr className="text-left text-muted"><th scope="col" className="font-normal">mm</th><th scope="col" className="text-right font-normal">mean</th><th scope="col" className="text-right font-normal">p95</th><th scope="col" className="text-right font-normal">max</th></tr></thead>
        <tbody>{rows.map(([name, { meanMm, p95Mm, maxMm }]) => <tr key={name}><th scope="row" className="max-w-32 truncate text-left font-normal" title={name}>{name}</th><td className="text-right tabular-nums">{mm(meanMm)}</td><td className="text-right tabular-nums">{mm(p95Mm)}</td><td className="text-right tabular-nums">{mm(maxMm)}</td></tr>)}</tbody>
      </table>
      <p className="mt-1 text-muted">Exact, at {(from.points + back.points).toLocaleString("en-GB")} vertices and triangle centres; Hausdorff {mm(hausdorffMm)} mm. {isSigned ? `The map on ${first} is negative inside ${second}.` : `${second} is open, so the map on ${first} has no sign.`}</p>
      {isOld && <p className="text-attention">Out of date: one of them has changed since.</p>}
      {isShown && <button type="button" className="button mt-1.5" onClick={onHide}>Hide the map</button>}
    </div>
  );
}
