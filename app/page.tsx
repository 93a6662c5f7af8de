import { connection } from "next/server";
import { CasesScreen } from "./cases/CasesScreen.tsx";

/** Home: the cases of the person signed in. */
export default async function CasesPage() {
  await connection();
  return <CasesScreen />;
}
