"use client";
import { CenterCard } from "./ui/CenterCard.tsx";

/** A page broke: what happened, what was kept, what to do. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset(): void }) {
  return (
    <CenterCard title="This page stopped working" lead="Everything that was marked as saved is kept.">
      <p className="mb-4 text-muted">{error.digest ? `Id in the log: ${error.digest}` : error.message}</p>
      <div className="flex gap-2">
        <button type="button" className="button button-primary" onClick={reset}>Try again</button>
        <a className="button" href="/">To the cases</a>
      </div>
    </CenterCard>
  );
}
