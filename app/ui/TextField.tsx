import { useId, type InputHTMLAttributes } from "react";

/** A labelled text input; `hint` and `error` are tied to it for screen readers. */
export function TextField({ label, hint, error, ...input }: InputHTMLAttributes<HTMLInputElement> & { "data-autofocus"?: string; label: string; hint?: string; error?: string }) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium text-muted">{label}</label>
      <input {...input} id={id} aria-invalid={error ? true : undefined} aria-describedby={note ? `${id}-note` : undefined} className="field min-h-9 w-full" />
      {note && <p id={`${id}-note`} className={`text-sm ${error ? "text-fail" : "text-muted"}`}>{note}</p>}
    </div>
  );
}
