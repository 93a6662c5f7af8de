import { useRoomState } from "../roomStore.ts";
import { type ScissorsOperation, scissorsOperations } from "../tools/outlineInput.ts";
import type { RoomContext } from "../useRoom.ts";

const words: Readonly<Record<ScissorsOperation, string>> = { eraseInside: "Erase inside", eraseOutside: "Erase outside", fillInside: "Fill inside" };

/** What drawing an outline does, and for scissors what they cut and how deep. */
export function OutlineOptions({ room, tool }: { room: RoomContext; tool: "draw" | "scissors" }) {
  const scissors = useRoomState(room.store, (s) => s.scissors), set = (change: Partial<typeof scissors>) => room.store.set({ scissors: { ...scissors, ...change } });
  if (tool === "draw") return <p className="border-b border-line px-3.5 py-3 text-muted">Hold the button and go round; what the outline holds is filled in this slice.</p>;
  return (
    <section aria-label="Scissors" className="border-b border-line px-3.5 py-3">
      <h2 className="heading-small mb-2">Scissors</h2>
      <select aria-label="What to cut" className="field mb-2 w-full" value={scissors.operation} onChange={(event) => set({ operation: event.target.value as ScissorsOperation })}>
        {scissorsOperations.map((one) => <option key={one} value={one}>{words[one]}</option>)}
      </select>
      <label className="flex items-center gap-2"><input type="checkbox" checked={scissors.depthMm === null} onChange={(event) => set({ depthMm: event.target.checked ? null : 10 })} />Through all slices</label>
      {scissors.depthMm !== null && (
        <label className="mt-1.5 flex items-center gap-3"><span className="w-20">To each side</span>
          <input type="number" className="field min-w-0 flex-1 text-right" min={0} max={300} step={0.5} value={scissors.depthMm} onChange={(event) => { const next = Number(event.target.value); if (Number.isFinite(next) && next >= 0) set({ depthMm: next }); }} />
          <span className="w-8 text-muted">mm</span>
        </label>
      )}
      <p className="mt-2 text-sm text-muted">Hold the button and go round what is to be cut. Erasing takes the chosen segment alone.</p>
    </section>
  );
}
