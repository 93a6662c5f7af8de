/**
 * Whether a text is a UID as scanners write them: numbers with dots between, at most 64 characters. PS3.5 §9.1 forbids leading
 * zeros, but some makers' UIDs have them (…20020604103720.000000), and a reference repeats what is there.
 */
export const isUid = (text: unknown): text is string => typeof text === "string" && text.length <= 64 && /^\d+(?:\.\d+)+$/.test(text);
