/** A bar for work that takes time. `fraction` 0…1, or null when it is not known how far it is. */
export function ProgressBar({ fraction, label }: { fraction: number | null; label: string }) {
  const percent = fraction === null ? undefined : Math.round(Math.min(1, Math.max(0, fraction)) * 100);
  return (
    <div role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} className="h-1.5 overflow-hidden rounded-full bg-line">
      <div
        style={{ width: percent === undefined ? "30%" : `${percent}%` }}
        className={`h-full rounded-full bg-accent transition-[width] duration-200 ${percent === undefined ? "animate-pulse" : ""}`}
      />
    </div>
  );
}
