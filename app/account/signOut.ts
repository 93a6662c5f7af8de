import { caseroomHeader } from "../api/client.tsx";

const post = (path: string) => fetch(path, { method: "POST", headers: { "content-type": "application/json", ...caseroomHeader }, body: "{}" });

/** Ends this session, or all of this person's. @throws Error with a sentence for people */
export async function endSessions(isEverywhere: boolean): Promise<void> {
  const answers = isEverywhere ? [await post("/api/auth/revoke-sessions"), await post("/api/auth/sign-out")] : [await post("/api/auth/sign-out")];
  const refused = answers.find((answer) => !answer.ok && answer.status !== 401);
  if (refused) throw new Error(`Signing out failed (HTTP ${refused.status}). You are still signed in.`);
}
