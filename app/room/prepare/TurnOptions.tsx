"use client";
import { Crosshair, X } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { landmarkNames } from "../../../core/volume/landmarks.ts";
import { centreOf, type Turn } from "../../../core/volume/reorient.ts";
import { rasPoint } from "../../../core/space/grid.ts";
import type { RoomContext } from "../useRoom.ts";
import { landmarkWords } from "./landmarkWords.ts";
import type { MidPlaneQuestion, MidPlaneReply } from "./midPlane.worker.ts";
import { planesOfTurn, type Prepare } from "./prepare.ts";

const fields = [["yawDeg", "Yaw", "°", "Turned to the left", 45], ["rollDeg", "Roll", "°", "Leaning to the right", 45], ["pitchDeg", "Pitch", "°", "Nose up", 45], ["asideMm", "Aside", "mm", "Right of the middle", 200]] as const;
const rounded = (value: number) => Math.round(value * 100) / 100;

/** Looks for the plane of symmetry in a worker as long as none is known. */
function useFoundPlane(room: RoomContext, isWanted: boolean, take: (turn: Turn) => void): { isLooking: boolean; problem: string | null } {
  const [problem, setProblem] = useState<string | null>(null), { grid, hu } = room.volume;
  useEffect(() => {
    if (!isWanted) return;
    const worker = new Worker(new URL("./midPlane.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<MidPlaneReply>) => { if ("turn" in data) take(data.turn); else setProblem(data.problem); };
    worker.onerror = () => setProblem("The plane could not be looked for. Set landmarks or angles instead.");
    worker.postMessage({ grid, hu: hu as Int16Array<ArrayBuffer> } satisfies MidPlaneQuestion);
    return () => worker.terminate();
  }, [isWanted, grid, hu, take]);
  return { isLooking: isWanted && problem === null, problem };
}

interface Props { room: RoomContext; prepare: Prepare; shown: { turn: Turn } | { problem: string | null }; set(change: Partial<Prepare>): void }

/** The plane to turn to: found by symmetry, moved by angles, or laid through landmarks. */
export function TurnOptions({ room, prepare, shown, set }: Props) {
  const { grid, store } = room, { way, found, picking, landmarks } = prepare, turn = "turn" in shown ? shown.turn : null;
  const look = useFoundPlane(room, found === null, useCallback((made: Turn) => store.set({ prepare: { ...store.get().prepare, found: made } }), [store]));
  const shownAngles = turn ?? prepare.angles, asAngles = (from: Turn | Prepare["angles"]): Prepare["angles"] => ({ yawDeg: rounded(from.yawDeg), rollDeg: rounded(from.rollDeg), pitchDeg: rounded(from.pitchDeg), asideMm: rounded(from.asideMm) });
  /** The crosshair onto the plane, so that all views show where it runs. */
  const goThere = () => {
    if (!turn) return;
    const { normal, offset } = planesOfTurn(grid, turn).middle, c = centreOf(grid), d = offset - normal[0] * c[0] - normal[1] * c[1] - normal[2] * c[2];
    store.set({ crosshair: rasPoint(c[0] + d * normal[0], c[1] + d * normal[1], c[2] + d * normal[2]) });
  };
  return (
    <>
      <div className="flex flex-wrap gap-1.5" role="group" aria-label="The plane">
        {([["automatic", "By symmetry"], ["angles", "By angles"], ["landmarks", "By landmarks"]] as const).map(([one, name]) => (
          <button key={one} type="button" data-plane-way={one} className={`button px-2 ${way === one ? "border-accent" : ""}`} aria-pressed={way === one} onClick={() => set({ way: one, picking: null, ...(one === "angles" && turn ? { angles: asAngles(turn) } : {}) })}>{name}</button>
        ))}
      </div>
      {way === "automatic" && (look.isLooking ? <p role="status" className="text-muted">Looking for the plane…</p> : look.problem ? <p role="alert" className="text-sm text-fail">{look.problem}</p>
        : found && <p data-plane-found="" className="text-sm text-muted">Found. At the edges of skin and bone the halves differ by {found.meanErrorHu?.toFixed(0)} HU on average. Compare the line with the nose, the crista galli and the inner occipital ridge.</p>)}
      {way !== "landmarks" && fields.map(([field, name, unit, says, limit]) => (
        <label key={field} className="flex items-center gap-3"><span className="w-12 shrink-0">{name}</span>
          <input
            key={way === "automatic" ? `${rounded(shownAngles[field])}` : "own"} type="number" data-angle={field} aria-label={`${name}: ${says}, ${unit === "°" ? "degrees" : unit}`} className="field w-24 text-right" step={0.1} min={-limit} max={limit} defaultValue={rounded(shownAngles[field])}
            onChange={(event) => { const value = event.target.valueAsNumber; if (Number.isFinite(value) && Math.abs(value) <= limit) set({ way: "angles", angles: { ...asAngles(shownAngles), [field]: value } }); }}
          />
          <span className="text-sm text-muted">{unit} · {says.toLowerCase()}</span>
        </label>
      ))}
      {way === "landmarks" && (
        <>
          <p className="text-sm text-muted">Three points at least: of the midline, or pairs. A porion and an orbitale make the head level (Frankfort). {picking ? <span role="status" className="text-attention">Click the {landmarkWords[picking].toLowerCase()} in a view.</span> : "Choose one, then click it in a view."}</p>
          <ul className="flex flex-col">
            {landmarkNames.map((name) => {
              const at = landmarks[name];
              return (
                <li key={name} className="flex items-center gap-2">
                  <button type="button" data-landmark={name} aria-pressed={picking === name} className={`flex min-h-7 min-w-0 flex-1 items-center gap-2 rounded-md px-1.5 text-left hover:bg-raised ${picking === name ? "text-attention" : ""}`} onClick={() => { set({ picking: picking === name ? null : name }); if (at) store.jump(at); }}>
                    <Crosshair aria-hidden size={14} className="shrink-0 text-muted" /><span className="flex-1 truncate">{landmarkWords[name]}</span>
                    <span className="tabular-nums text-sm text-muted">{at ? at.map((mm) => mm.toFixed(1).replace(/^-0\.0$/, "0.0")).join(", ") : "not set"}</span>
                  </button>
                  {at && <button type="button" aria-label={`Take away ${landmarkWords[name]}`} className="flex size-7 items-center justify-center rounded-md text-muted hover:text-ink" onClick={() => { set({ landmarks: Object.fromEntries(Object.entries(landmarks).filter(([other]) => other !== name)) }); }}><X aria-hidden size={14} /></button>}
                </li>
              );
            })}
          </ul>
          {"problem" in shown && shown.problem && <p role="status" className="text-sm text-attention">{shown.problem}</p>}
          {turn && <p data-plane-by-landmarks="" className="text-sm text-muted">Yaw {turn.yawDeg.toFixed(2)}°, roll {turn.rollDeg.toFixed(2)}°, pitch {turn.pitchDeg.toFixed(2)}°{turn.isFrankfort ? " (Frankfort)" : " (as in the scan)"}; the points miss the plane by {turn.missMm?.toFixed(2)} mm.</p>}
        </>
      )}
      <button type="button" className="button self-start" disabled={!turn} onClick={goThere}>Go to the plane</button>
    </>
  );
}
