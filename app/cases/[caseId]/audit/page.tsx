import { connection } from "next/server";
import { AuditScreen } from "./AuditScreen.tsx";

export const metadata = { title: "Audit" };

/** Everything that happened in a case. Who may see it is decided by the calls that the page makes. */
export default async function AuditPage({ params }: { params: Promise<{ caseId: string }> }) {
  await connection();
  return <AuditScreen caseId={(await params).caseId} />;
}
