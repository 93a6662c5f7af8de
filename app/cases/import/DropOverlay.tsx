import { Upload } from "lucide-react";

/** Shown over the whole page while files are held above it. */
export function DropOverlay({ isShown }: { isShown: boolean }) {
  if (!isShown) return null;
  return (
    <div className="pointer-events-none absolute inset-0 z-40 flex items-center justify-center bg-ground/85 p-6">
      <div className="flex h-full w-full flex-col items-center justify-center gap-2 rounded-xl border-2 border-dashed border-accent">
        <Upload aria-hidden size={28} className="text-accent" />
        <p className="text-lg font-semibold">Drop to start a new case</p>
        <p className="text-muted">A DICOM folder, a zip of one, or a NIfTI</p>
      </div>
    </div>
  );
}
