"use client";
import dynamic from "next/dynamic";

const Room = dynamic(() => import("./Room.tsx"), { ssr: false, loading: () => <p role="status" className="p-6 text-muted">Opening the case…</p> });

/** The room lives in the browser only: WebGL and a socket have no place on the server. */
export function RoomEntry({ caseId }: { caseId: string }) {
  return <Room caseId={caseId} />;
}
