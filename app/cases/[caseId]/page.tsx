import { connection } from "next/server";
import { RoomEntry } from "../../room/RoomEntry.tsx";

export const metadata = { title: "Case room" };

/** A case's room. Who may see it is decided by every call that the room makes. */
export default async function CasePage({ params }: { params: Promise<{ caseId: string }> }) {
  await connection();
  const { caseId } = await params;
  return <RoomEntry caseId={caseId} />;
}
