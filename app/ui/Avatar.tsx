import { initials, personColor } from "./people.ts";

// The initials are drawn by the style: as text they would have to be part of every name around them.
/** A person's disc: initials on their colour (in a case, the colour they have there); the name is the accessible text and the tooltip. */
export function Avatar({ userId, name, note, color, size = 24 }: { userId: string; name: string; note?: string; color?: string; size?: number }) {
  const text = note ? `${name}, ${note}` : name;
  return (
    <span
      role="img" aria-label={text} title={text}
      style={{ width: size, height: size, background: color ?? personColor(userId), fontSize: Math.round(size * 0.42) }}
      data-initials={initials(name)} className="before:content-[attr(data-initials)] inline-flex shrink-0 items-center justify-center rounded-full font-semibold text-on-accent ring-2 ring-pane"
    />
  );
}
