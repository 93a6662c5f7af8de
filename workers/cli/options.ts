import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { usageError } from "./command.ts";

/** An option with a value: a path, a number, a word. */
export const text = { type: "string" } as const;
/** An option without one. */
export const flag = { type: "boolean" } as const;

/**
 * The options of a kind. A number below zero may follow its option after a blank (`--iso -200`), which parseArgs alone takes for
 * an option. @throws CommandRefused (usage) on an unknown option, one without its value, and one given twice that is not `multiple`
 */
export function parseOptions<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T): ReturnType<typeof parseArgs<{ options: T }>>["values"] {
  const joined: string[] = [];
  for (const arg of args) {
    const option = /^--([^=]+)$/.exec(joined.at(-1) ?? "")?.[1];
    if (option !== undefined && Object.hasOwn(options, option) && options[option].type === "string" && /^-\.?\d/.test(arg)) joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  let read;
  try {
    read = parseArgs({ args: joined, options, tokens: true });
  } catch (error) {
    throw usageError(error instanceof Error ? error.message.replaceAll("\n", " ") : "wrong options");
  }
  const seen = new Set<string>();
  for (const token of read.tokens as readonly { kind: string; name?: string }[]) {
    if (token.kind !== "option" || token.name === undefined || options[token.name]?.multiple) continue;
    if (seen.has(token.name)) throw usageError(`--${token.name} is given twice; give it once`);
    seen.add(token.name);
  }
  return read.values as ReturnType<typeof parseArgs<{ options: T }>>["values"];
}
