import type { ReactNode } from "react";
import { Brand } from "./Brand.tsx";

/** A page of one calm card: sign-in, set-up, not found. */
export function CenterCard({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  return (
    <main className="flex h-full items-start justify-center overflow-y-auto px-4 py-[max(32px,12vh)]">
      <section aria-labelledby="card-title" className="w-full max-w-[420px]">
        <div className="mb-6 flex items-center gap-3"><Brand size={30} /><span className="text-lg font-semibold">Caseroom</span></div>
        <h1 id="card-title" className="text-xl font-semibold tracking-tight">{title}</h1>
        {lead && <p className="mt-1 text-muted">{lead}</p>}
        <div className="mt-5">{children}</div>
      </section>
    </main>
  );
}
