"use client";
import { History, Pause, Play } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { formatMoment } from "../../ui/format.ts";
import { useRoomState } from "../roomStore.ts";
import { MaskHistory } from "../session/maskHistory.ts";
import type { RoomContext } from "../useRoom.ts";

const playMs = 120;

/** Looks at the mask as it was at any instant of its log: a slider, who wrote then and when; the slices and the surfaces show it, nothing can be drawn. */
export function ReplayControls({ room: { caseId, grid, store } }: { room: RoomContext }) {
  const past = useRoomState(store, (s) => s.past);
  const history = useRef<MaskHistory | null>(null), stop = useRef(new AbortController()), wanted = useRef<number | null>(null), isGoing = useRef(false);
  const [last, setLast] = useState<number | null>(null), [isReading, setReading] = useState(false), [isPlaying, setPlaying] = useState(false), [problem, setProblem] = useState<string | null>(null);
  const leave = () => {
    stop.current.abort();
    history.current?.close();
    [history.current, wanted.current, isGoing.current] = [null, null, false];
    setLast(null);
    setPlaying(false);
    store.set({ past: null });
  };
  useEffect(() => () => {
    stop.current.abort();
    history.current?.close();
    store.set({ past: null });
  }, [store]);
  /** Goes to the newest instant that was asked for; those in between are passed over. */
  const go = async (moment: number) => {
    wanted.current = moment;
    if (isGoing.current) return;
    isGoing.current = true;
    const { signal } = stop.current;
    try {
      while (wanted.current !== null && history.current) {
        const next: number = wanted.current;
        wanted.current = null;
        const shown = await history.current.at(next, signal);
        if (signal.aborted) return;
        store.set({ past: shown, preview: null });
      }
    } catch (error) {
      if (!signal.aborted) setProblem(error instanceof Error ? error.message : "The history could not be read.");
    } finally {
      if (!signal.aborted) isGoing.current = false;
    }
  };
  const begin = async () => {
    stop.current = new AbortController();
    const { signal } = stop.current;
    setProblem(null);
    setReading(true);
    try {
      const read = await MaskHistory.read(caseId, grid, signal);
      if (signal.aborted) return read.close();
      history.current = read;
      setLast(read.last);
      await go(read.last);
    } catch (error) {
      if (!signal.aborted) setProblem(error instanceof Error ? error.message : "The history could not be read.");
    } finally {
      setReading(false);
    }
  };
  const moment = past?.moment ?? last ?? 0;
  useEffect(() => {
    if (!isPlaying || last === null) return;
    if (moment >= last) return setPlaying(false);
    const timer = setTimeout(() => void go(moment + 1), playMs);
    return () => clearTimeout(timer);
  });
  if (last === null) {
    return (
      <div className="border-b border-line px-3.5 py-3">
        <button type="button" data-replay-begin="" className="button w-full" disabled={isReading} onClick={() => void begin()}><History aria-hidden size={15} />{isReading ? "Reading the log…" : "Look back in time"}</button>
        {problem !== null && <p role="alert" className="mt-2 text-sm text-fail">{problem}</p>}
      </div>
    );
  }
  const when = past?.written ? `${past.written.name}, ${formatMoment(new Date(past.written.at))}` : "before anything was drawn";
  return (
    <section aria-label="Looking back" data-replay={past?.moment ?? ""} data-replay-last={last} data-replay-hash={past?.fold.hash() ?? ""} className="border-b border-line bg-raised px-3.5 py-3">
      <p className="mb-2" role="status">The views show the mask as it was: {when}. Volumes, implants and checks are those of now.</p>
      <div className="mb-2.5 flex items-center gap-2">
        <button type="button" className="button button-quiet" aria-label={isPlaying ? "Pause" : "Play"} disabled={last === 0} onClick={() => { if (!isPlaying && moment >= last) void go(0); setPlaying(!isPlaying); }}>{isPlaying ? <Pause aria-hidden size={15} /> : <Play aria-hidden size={15} />}</button>
        <input type="range" aria-label="Instant" aria-valuetext={when} className="min-w-0 flex-1" min={0} max={last} value={moment} onChange={(event) => { setPlaying(false); void go(Number(event.target.value)); }} />
        <output className="w-20 text-right text-sm text-muted">{moment} / {last}</output>
      </div>
      <button type="button" data-replay-end="" className="button w-full" onClick={leave}>Back to now</button>
      {problem !== null && <p role="alert" className="mt-2 text-sm text-fail">{problem}</p>}
    </section>
  );
}
