/**
 * How Node runs the server. V8 lets its young generation grow to 128 MiB where there is memory, as soon as many messages come in
 * at once, and keeps it. Of what a message leaves behind nothing lives on, so 32 MiB (two halves of 16) do as well, and the
 * server's memory under load stays where it was without (B1 in docs/reliability.md). Its threads have the same.
 */
export const serverNodeOptions = ["--max-semi-space-size=16"];
