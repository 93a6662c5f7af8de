import { useEffect, useRef } from "react";
import { filesOfInput, type PickedFile } from "./pickFiles.ts";

/** Not in the types of React, but in every browser: choose a folder with all that is in it. */
const wholeFolder = { webkitdirectory: "" };

/** The way to a new case without dragging: choose files, or a folder. */
export function NewCaseButton({ isDisabled, onFiles }: { isDisabled: boolean; onFiles(files: PickedFile[]): void }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement) => {
    if (input.files && input.files.length > 0) onFiles(filesOfInput(input.files));
    input.value = ""; // the same file may be chosen again
  };
  // The page shows its inputs before its script runs: what was chosen in between raised an event that nobody heard.
  const taken = useRef(take);
  useEffect(() => { taken.current = take; });
  useEffect(() => {
    const early = setTimeout(() => { for (const { current } of [files, folder]) if (current?.files?.length) taken.current(current); });
    return () => clearTimeout(early);
  }, []);
  return (
    <div className="flex gap-2">
      <input ref={files} type="file" multiple hidden aria-label="Files of a new case" onChange={({ target }) => take(target)} data-import-files />
      <input ref={folder} type="file" {...wholeFolder} hidden aria-label="Folder of a new case" onChange={({ target }) => take(target)} data-import-folder />
      <button type="button" className="button pointer-coarse:min-h-11" disabled={isDisabled} onClick={() => folder.current?.click()}>From a DICOM folder</button>
      <button type="button" className="button button-primary pointer-coarse:min-h-11" disabled={isDisabled} onClick={() => files.current?.click()}>New case</button>
    </div>
  );
}
