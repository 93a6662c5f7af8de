"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { errorSentence, useTRPC } from "../api/client.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { Notice } from "../ui/Notice.tsx";
import { demoSignIn } from "./passwordSignIn.ts";

/** The four people of the demo workspace; one click signs in. */
export function DemoPeople({ next }: { next: string }) {
  const people = useQuery(useTRPC().demo.people.queryOptions());
  const [chosen, setChosen] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const signIn = async (userId: string) => {
    setChosen(userId);
    setProblem(null);
    const refusal = await demoSignIn(userId);
    if (refusal === null) return window.location.assign(next);
    setChosen(null);
    setProblem(refusal);
  };
  const fail = (error: unknown) => { setChosen(null); setProblem(errorSentence(error)); };
  return (
    <div className="flex flex-col gap-3">
      <ul className="overflow-hidden rounded-xl border border-line bg-pane" aria-busy={people.isPending}>
        {people.isPending && [0, 1, 2, 3].map((row) => <li key={row} aria-hidden className="h-[61px] border-t border-line first:border-t-0" />)}
        {people.data?.map((person) => (
          <li key={person.id} className="border-t border-line first:border-t-0">
            <button
              type="button" disabled={chosen !== null} onClick={() => signIn(person.id).catch(fail)} data-person={person.role}
              className="flex w-full items-center gap-3 px-4 py-3 text-left -outline-offset-2 hover:bg-raised disabled:opacity-60"
            >
              <Avatar userId={person.id} name={person.name} size={34} />
              <span className="min-w-0 flex-1">
                <span className="block font-semibold">{person.name}</span>
                <span className="block text-sm text-muted">{person.title}</span>
              </span>
              {chosen === person.id ? <span className="text-sm text-muted">Signing in…</span> : <ChevronRight aria-hidden size={16} className="text-muted" />}
            </button>
          </li>
        ))}
      </ul>
      {people.error && <Notice kind="fail">{errorSentence(people.error)}</Notice>}
      {problem && <Notice kind="fail">{problem}</Notice>}
    </div>
  );
}
