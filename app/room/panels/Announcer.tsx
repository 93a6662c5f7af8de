"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTRPC } from "../../api/client.tsx";
import { useRoomState } from "../roomStore.ts";
import { type RoomContext, type RoomSegment, useSession } from "../useRoom.ts";

/** Says for people who do not see the screen who comes and goes, which surface is done or failed, and what keys did on the surfaces. */
export function Announcer({ room, segments }: { room: RoomContext; segments: readonly RoomSegment[] }) {
  const peers = useSession(room.session, (s) => s.peers);
  const builds = useQuery(useTRPC().builds.list.queryOptions({ caseId: room.caseId })).data;
  const [sentence, setSentence] = useState("");
  const present = useRef(new Map<string, string>());
  const states = useRef<Map<number, string> | null>(null);
  useEffect(() => {
    const now = new Map(peers.map(({ state: { user } }) => [user.id, user.name]));
    const came = [...now].filter(([id]) => !present.current.has(id)).map(([, name]) => `${name} joined.`);
    const left = [...present.current].filter(([id]) => !now.has(id)).map(([, name]) => `${name} left.`);
    present.current = now;
    if (came.length + left.length > 0) setSentence([...came, ...left].join(" "));
  }, [peers]);
  useEffect(() => {
    if (!builds) return;
    const before = states.current;
    states.current = new Map(builds.map(({ segment, state }) => [segment, state]));
    const ended = builds.filter(({ segment, state }) => (state === "current" || state === "failed") && before?.get(segment) === "rebuilding");
    const nameOf = (value: number) => segments.find((segment) => segment.value === value)?.name ?? `segment ${value}`;
    if (ended.length > 0) setSentence(ended.map(({ segment, state }) => `The surface of ${nameOf(segment)} ${state === "current" ? "is current" : "failed"}.`).join(" "));
  }, [builds, segments]);
  const said = useRoomState(room.store, (s) => s.said);
  useEffect(() => { if (said !== "") setSentence(said); }, [said]);
  return <p role="status" aria-live="polite" data-announcer="" className="sr-only">{sentence}</p>;
}
