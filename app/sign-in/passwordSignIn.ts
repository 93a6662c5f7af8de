import { caseroomHeader } from "../api/client.tsx";
import { answerSentence } from "./answerSentence.ts";

/** Signs in by e-mail and password. @returns null when it worked, else a sentence for people */
export async function passwordSignIn(email: string, password: string): Promise<string | null> {
  const answer = await fetch("/api/auth/sign-in/email", {
    method: "POST", headers: { "content-type": "application/json", ...caseroomHeader }, body: JSON.stringify({ email, password }),
  });
  if (answer.ok) return null;
  if (answer.status === 401) return "The e-mail address or the password is not right.";
  if (answer.status === 429) return "That was too many tries. Wait a minute, then try again.";
  return answerSentence(answer, "Signing in failed.");
}

/** Signs in as a person of the demo workspace. @returns null when it worked, else a sentence for people */
export async function demoSignIn(userId: string): Promise<string | null> {
  const answer = await fetch("/api/demo/sign-in", {
    method: "POST", headers: { "content-type": "application/json", ...caseroomHeader }, body: JSON.stringify({ userId }),
  });
  return answer.ok ? null : answerSentence(answer, "The demo workspace refused the sign-in.");
}
