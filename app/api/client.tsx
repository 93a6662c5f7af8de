"use client";
// The page's way to the server: typed procedures over /api/trpc, cached by react-query.
// This folder must never hold a route file: /api/* is answered by server/main.ts, not by Next.
import { QueryCache, QueryClient, QueryClientProvider, MutationCache } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { useState, type ReactNode } from "react";
import superjson from "superjson";
import type { AppRouter } from "../../server/api/router.ts";

const context = createTRPCContext<AppRouter>();

/** Typed options for every procedure: `useQuery(useTRPC().cases.list.queryOptions())`. */
export const useTRPC = context.useTRPC;
/** The plain client, for calls outside a render. */
export const useTRPCClient = context.useTRPCClient;

/** The server refuses a changing request without this header (a foreign page cannot send it without CORS). */
export const caseroomHeader = { "x-caseroom": "1" } as const;

/** The tRPC code of a failed call (`UNAUTHORIZED`, `NOT_FOUND` …), or null when the server was not reached. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof TRPCClientError)) return null;
  const data: unknown = error.data;
  return typeof data === "object" && data !== null && "code" in data && typeof data.code === "string" ? data.code : null;
}

/** What to tell a person about a failed call: the server's sentence, or that it could not be reached. */
export function errorSentence(error: unknown): string {
  if (error instanceof TRPCClientError && errorCode(error) === null) return "The server cannot be reached. Nothing was changed; trying again may help.";
  return error instanceof Error ? error.message : "Something went wrong. Nothing was changed.";
}

/** A call that needs a session sends a signed-out person to the sign-in page, and back afterwards. A room locks instead. */
function leaveWhenSignedOut(error: unknown): void {
  if (errorCode(error) !== "UNAUTHORIZED" || window.location.pathname.startsWith("/sign-in") || /^\/(setup|invite|cases\/)/.test(window.location.pathname)) return;
  const back = window.location.pathname + window.location.search;
  window.location.replace(back === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(back)}`);
}

function retriable(failures: number, error: unknown): boolean {
  return errorCode(error) === null && failures < 2;
}

/** Gives the pages below it the query cache and the typed client. */
export function TrpcProvider({ children }: { children: ReactNode }) {
  const [queryClient] = useState(() => new QueryClient({
    defaultOptions: { queries: { staleTime: 5_000, retry: retriable }, mutations: { retry: false } },
    queryCache: new QueryCache({ onError: leaveWhenSignedOut }),
    mutationCache: new MutationCache({ onError: leaveWhenSignedOut }),
  }));
  const [trpcClient] = useState(() => createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: "/api/trpc", transformer: superjson, headers: caseroomHeader })],
  }));
  return (
    <QueryClientProvider client={queryClient}>
      <context.TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>{children}</context.TRPCProvider>
    </QueryClientProvider>
  );
}
