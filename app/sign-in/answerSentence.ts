/** The server's own sentence in a refused answer (`{message}` or `{error: {message}}`), else the given one. */
export async function answerSentence(answer: Response, otherwise: string): Promise<string> {
  const text = await answer.text();
  if (answer.headers.get("content-type")?.includes("json")) {
    const body = JSON.parse(text) as { message?: unknown; error?: { message?: unknown } | string };
    const sentence = body.message ?? (typeof body.error === "object" ? body.error.message : body.error);
    if (typeof sentence === "string" && sentence !== "") return sentence;
  } else if (answer.headers.get("content-type")?.startsWith("text/plain") && text.length > 0 && text.length < 500) {
    return text;
  }
  return `${otherwise} (HTTP ${answer.status})`;
}
