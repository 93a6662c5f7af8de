import { connection } from "next/server";
import { ReviewScreen } from "./ReviewScreen.tsx";

export const metadata = { title: "Review and sign" };

/** The versions of a case, to read and to sign. Who may do what is decided by the calls that the page makes. */
export default async function ReviewPage({ params }: { params: Promise<{ caseId: string }> }) {
  await connection();
  return <ReviewScreen caseId={(await params).caseId} />;
}
