"use client";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { CheckReport } from "../../core/checks/criteria.ts";
import type { PlanValue } from "../../core/draft/planDoc.ts";
import { planFor } from "../../core/build/implantNodes.ts";
import { type CranialPlan, planDataOf, type PlanFault, readPlan } from "../../core/implant/plan.ts";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import { useTRPC } from "../api/client.tsx";
import { usePlan, type RoomContext } from "./useRoom.ts";

/** Where the newest result of a node stands against the plan on this page. */
export type Freshness = "current" | "rebuilding" | "out of date" | "failed";

/** A node's newest result. */
export interface Made { key: string; facts: Record<string, unknown>; ms: number; freshness: Freshness }

/** An implant of the plan with what the server has made of it. */
export interface RoomImplant {
  id: string;
  name: string;
  parameters: Readonly<Record<string, PlanValue>>;
  /** The plan as it reads, or what is wrong with it by parameter. */
  plan: CranialPlan | null;
  faults: readonly PlanFault[];
  freshness: Freshness;
  /** Why the newest plan could not be built. */
  error: string | null;
  mesh: Made | null;
  checks: readonly { check: string; made: Made; report: CheckReport }[];
}

const isReport = (facts: Record<string, unknown>): boolean => typeof facts.check === "string" && typeof facts.verdict === "string" && Array.isArray(facts.criteria);

/** The implants of a case: the plan as it is on this page, and the results the server has of it. */
export function useImplants(room: RoomContext): readonly RoomImplant[] {
  const implants = usePlan(room.plan, (s) => s.implants);
  const rows = useQuery(useTRPC().implants.list.queryOptions({ caseId: room.caseId })).data;
  return useMemo(() => [...implants].map(([id, parameters], n): RoomImplant => {
    const read = readPlan(planDataOf(parameters)), plan = "plan" in read ? read.plan : null;
    const hashFor = (node: string) => plan && bytesToHex(sha256(canonicalBytes(planFor(node, plan)))), hashes = new Map<string, string | null>(), own = (rows ?? []).filter(({ implantId }) => implantId === id);
    const asked = own.find(({ node }) => node === "implant");
    const freshnessOf = (row: (typeof own)[number]): Freshness => {
      if (!hashes.has(row.node)) hashes.set(row.node, hashFor(row.node));
      // The server has not heard of this plan yet, or it cannot be built.
      if (plan === null || row.planHash !== hashes.get(row.node)) return "out of date";
      return row.state === "current" ? "current" : row.state === "failed" ? "failed" : "rebuilding";
    };
    const madeOf = (row: (typeof own)[number] | undefined): Made | null => {
      if (!row || row.goodKey === "" || row.facts === null) return null;
      const freshness = freshnessOf(row);
      return { key: row.goodKey, facts: row.facts, ms: row.ms ?? 0, freshness: freshness === "failed" ? "out of date" : freshness };
    };
    return {
      id, name: typeof parameters.name === "string" && parameters.name.trim() !== "" ? parameters.name : `Cranial plate${implants.size > 1 ? ` ${n + 1}` : ""}`,
      parameters, plan, faults: "faults" in read ? read.faults : [], freshness: asked ? freshnessOf(asked) : plan === null ? "out of date" : "rebuilding",
      error: asked && freshnessOf(asked) === "failed" ? asked.error : null, mesh: madeOf(asked),
      checks: own.flatMap((row) => {
        const made = madeOf(row);
        return made && isReport(made.facts) ? [{ check: row.node, made, report: made.facts as unknown as CheckReport }] : [];
      }),
    };
  }), [implants, rows]);
}
