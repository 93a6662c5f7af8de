/** Says on every screen that this is the demo workspace (issue §1). */
export function DemoBanner() {
  return (
    <p className="flex shrink-0 items-center justify-center gap-2 border-b border-line bg-raised px-4 py-1 text-center text-sm text-muted">
      <span aria-hidden className="size-1.5 rounded-full bg-attention" />
      <span>
        <strong className="font-semibold text-ink">Demo workspace.</strong> Only for this computer: no passwords, and not for real patients.
      </span>
    </p>
  );
}
