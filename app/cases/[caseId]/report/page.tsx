import { connection } from "next/server";
import { ReportScreen } from "../../import/ReportScreen.tsx";

export const metadata = { title: "CT report" };

/** How good a case's CT is for an implant. Who may see it is decided by the calls that the page makes. */
export default async function ReportPage({ params }: { params: Promise<{ caseId: string }> }) {
  await connection();
  return <ReportScreen caseId={(await params).caseId} />;
}
