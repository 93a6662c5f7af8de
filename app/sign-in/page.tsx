import type { Metadata } from "next";
import { connection } from "next/server";
import { CenterCard } from "../ui/CenterCard.tsx";
import { DemoPeople } from "./DemoPeople.tsx";
import { PasswordForm } from "./PasswordForm.tsx";
import { pathAfterSignIn } from "./pathAfterSignIn.ts";

export const metadata: Metadata = { title: "Sign in" };

/** Sign-in: one click as a demo person, or e-mail and password in a real workspace. */
export default async function SignInPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  await connection();
  const next = pathAfterSignIn((await searchParams).next);
  if (process.env.CASEROOM_MODE === "demo") {
    return (
      <CenterCard title="Who would you like to be?" lead="Four people share the demo cases. Sign in as another one in a second browser to draw together.">
        <DemoPeople next={next} />
      </CenterCard>
    );
  }
  return <CenterCard title="Sign in" lead="With the account that your administrator gave you."><PasswordForm next={next} /></CenterCard>;
}
