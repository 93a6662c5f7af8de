"use client";
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleDashed, History, LoaderCircle } from "lucide-react";
import type { Cause } from "../../../core/build/cause.ts";
import type { StepInput } from "../../../core/build/graph.ts";
import { isAllowed } from "../../../core/review/permissions.ts";
import type { Deviation } from "../../../core/surface/deviation.ts";
import { useTRPC } from "../../api/client.tsx";
import { formatTime } from "../../ui/format.ts";
import { useImplants } from "../implantState.ts";
import type { RoomContext, RoomSegment } from "../useRoom.ts";
import { RetryStep } from "./RetryStep.tsx";

const looks = {
  current: { icon: CircleCheck, tone: "text-pass", word: "current" },
  rebuilding: { icon: LoaderCircle, tone: "text-attention motion-safe:animate-spin", word: "rebuilding" },
  waiting: { icon: CircleDashed, tone: "text-muted", word: "waiting" },
  outOfDate: { icon: History, tone: "text-attention", word: "out of date" },
  failed: { icon: CircleAlert, tone: "text-fail", word: "failed" },
  empty: { icon: CircleDashed, tone: "text-muted", word: "nothing to make" },
} as const;
const titles: Readonly<Record<string, string>> = { bricks: "Bricks", surface: "Surface", soundness: "Soundness", picture: "Picture for the list", implant: "Plate", fit: "Fit", print: "Printability" };

/** The case's build graph: each step's state, version, duration, inputs, and whose change it is made for. */
export function BuildsPanel({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const steps = useQuery(useTRPC().builds.graph.queryOptions({ caseId: room.caseId })).data ?? [];
  const implants = useImplants(room), subjects = [...new Set(steps.map(({ subject }) => subject))];
  const nameOf = (subject: string) => segments.find(({ value }) => subject === `segment/${value}`)?.name ?? implants.find(({ id }) => subject === `implant/${id}`)?.name ?? subject;
  const canRetry = isAllowed(room.role, "masks.write", room.isArchived);
  if (subjects.length === 0) return <p className="px-3.5 py-3 text-muted">Nothing has been built yet. Draw in a segment, and its surface follows by itself.</p>;
  return (
    <div className="divide-y divide-line">
      {subjects.map((subject) => (
        <section key={subject} aria-label={nameOf(subject)} className="px-3.5 py-3">
          <h2 className="heading-small mb-1.5">{nameOf(subject)}</h2>
          <ul className="space-y-2">
            {steps.filter((step) => step.subject === subject).sort((one, other) => Object.keys(titles).indexOf(one.node) - Object.keys(titles).indexOf(other.node)).map((step) => {
              // What waits for a step above has an earlier result, which is shown meanwhile, or none yet.
              const { icon: Icon, tone, word } = looks[step.state === "waiting" && step.good ? "outOfDate" : step.state];
              return (
                <li key={step.node} data-step={step.node} data-step-state={step.state}>
                  <p className="flex items-center gap-2">
                    <Icon aria-hidden size={15} className={tone} />
                    <span className="font-medium">{titles[step.node] ?? step.node}</span>
                    <span className="text-muted">{word}</span>
                    {step.ms !== null && step.state === "current" && <span className="ml-auto text-sm text-muted">{(step.ms / 1000).toFixed(1)} s</span>}
                  </p>
                  <p className="pl-6 text-sm text-muted">
                    {whyOf(step)}
                    {step.made && <span> · {step.made}</span>}
                    {step.key && <span title={`Named by the hash of its inputs: ${step.key}`}> · {step.key.slice(0, 8)}</span>}
                  </p>
                  {Object.keys(step.inputs).length > 0 && <p className="pl-6 text-sm text-muted" data-step-inputs>of {Object.entries(step.inputs).flatMap(([name, input]) => inputWord(name, input)).join(", ")}</p>}
                  {step.state === "failed" && <p role="alert" className="pl-6 text-sm text-fail">{step.error}</p>}
                  {step.state === "failed" && canRetry && <RetryStep caseId={room.caseId} stepKey={step.key} />}
                  {step.node === "surface" && step.state === "current" && <Measures facts={step.facts} />}
                  {step.node === "soundness" && step.state === "current" && <Soundness facts={step.facts} />}
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </div>
  );
}

interface Why { cause: Cause; changedBy: string | null; changedAt: Date | null }
/** Whose change it is made for, or what else was changed. */
function whyOf({ cause, changedBy, changedAt }: Why): string {
  if (cause === "setting") return "for another CT or HU value to follow";
  if (cause === "program") return "for another version of the program";
  return changedBy && changedAt ? `for what ${changedBy} ${cause === "plan" ? "changed in the plan" : "drew"}, ${formatTime(changedAt)}` : "";
}

/** An input in words: the step that gives it, or its name with the beginning of its hash. */
function inputWord(name: string, input: StepInput): string[] {
  if ("of" in input) return [`the ${(titles[input.of.split(":").at(-1) ?? ""] ?? input.of).toLowerCase()} above`];
  return input.hash === "none" ? [] : [/^[0-9a-f]{64}$/.test(input.hash) ? `${name} ${input.hash.slice(0, 8)}` : `${name} ${input.hash}`];
}

/** `deviation`: results of before have none. */
interface MeasureFacts { triangles: number; volumeMm3: number; areaMm2: number; deviation?: Deviation }

function Measures({ facts }: { facts: unknown }) {
  const { triangles, volumeMm3, areaMm2, deviation: off } = facts as MeasureFacts, mm = (value: number) => value.toFixed(2);
  const rows: [string, string][] = [
    ["Volume", `${(volumeMm3 / 1000).toFixed(2)} mL`], ["Area", `${(areaMm2 / 100).toFixed(1)} cm²`], ["Triangles", triangles.toLocaleString("en")],
    ...off ? [["Volume beside the mask's", `${volumeMm3 >= off.maskVolumeMm3 ? "+" : "−"}${Math.abs(100 * (volumeMm3 / off.maskVolumeMm3 - 1)).toFixed(2)} %`], ["Off the mask: mean, p95, max", `${mm(off.meanMm)}, ${mm(off.p95Mm)}, ${mm(off.maxMm)} mm`]] as [string, string][] : [],
  ];
  return (
    <dl data-surface-measures="" className="mt-1 grid grid-cols-[1fr_auto] gap-x-4 pl-6 text-sm">
      {rows.map(([name, value]) => <div key={name} className="contents"><dt className="text-muted">{name}</dt><dd className="text-right tabular-nums">{value}</dd></div>)}
    </dl>
  );
}

interface SoundnessFacts { components: number; genus: number | null; soundness: { openEdges: number; nonManifoldEdges: number; nonManifoldVertices: number; selfIntersections: number; degenerateTriangles: number; invertedShells: number }; thinnestWall: { mm: number; looked: number; triangles: number } | null }

function Soundness({ facts }: { facts: unknown }) {
  const { components, genus, soundness, thinnestWall: wall } = facts as SoundnessFacts;
  const rows: [string, number | string | null, boolean][] = [
    ["Open edges", soundness.openEdges, true], ["Non-manifold edges", soundness.nonManifoldEdges, true], ["Non-manifold vertices", soundness.nonManifoldVertices, true],
    ["Self-intersections", soundness.selfIntersections, true], ["Triangles without area", soundness.degenerateTriangles, true], ["Shells inside out", soundness.invertedShells, true], ["Components", components, false], ["Genus", genus, false],
    ["Thinnest wall, edges included", wall && `${wall.mm.toFixed(2)} mm`, false],
  ];
  return (
    <dl data-soundness="" className="mt-1 grid grid-cols-[1fr_auto] gap-x-4 pl-6 text-sm">
      {rows.map(([name, value, isFault]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className={`text-right ${isFault && value ? "text-fail" : ""}`}>{value ?? "–"}</dd>
        </div>
      ))}
      {wall && wall.looked < wall.triangles && <p className="col-span-2 text-xs text-muted">Wall: under {wall.looked.toLocaleString("en")} of {wall.triangles.toLocaleString("en")} triangles.</p>}
    </dl>
  );
}
