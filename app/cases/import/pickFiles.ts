/** A file that a person chose, with its path below what they dropped (shown to them, never sent). */
export interface PickedFile { readonly file: File; readonly path: string }

/** Files that operating systems leave in folders and that are never part of a scan. */
const litter = /(^|\/)(\.[^/]*|__MACOSX\/.*|Thumbs\.db|desktop\.ini)$/i;
const knownEnding = /\.(nii\.gz|nii|zip|dcm|ima|gz)$/i;

function isWanted(picked: PickedFile): boolean {
  return picked.file.size > 0 && !litter.test(picked.path);
}

/**
 * The name under which a file is sent: its number and a known ending. Names on disk often hold the patient's
 * name, so they do not leave the browser; `shownNames` puts them back into what the server says.
 */
export function sentName(index: number, path: string): string {
  const ending = knownEnding.exec(path)?.[0].toLowerCase() ?? "";
  return `${String(index + 1).padStart(5, "0")}${ending}`;
}

/** Puts the person's own paths back into a sentence of the server. */
export function shownNames(sentence: string, files: readonly { readonly path: string }[]): string {
  return sentence.replace(/\b(\d{5})(\.(?:nii\.gz|nii|zip|dcm|ima|gz))?\b/gi, (whole, digits: string) => {
    const index = Number(digits) - 1;
    return index >= 0 && index < files.length && sentName(index, files[index].path) === whole.toLowerCase() ? files[index].path : whole;
  });
}

async function filesBelow(entry: FileSystemEntry, path: string): Promise<PickedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file, path }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: PickedFile[] = [];
  for (;;) { // a reader gives at most 100 entries a call
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const child of some) found.push(...await filesBelow(child, `${path}/${child.name}`));
  }
}

/** Everything in a drop, folders walked through, in the order of their paths. */
export async function filesOfDrop(transfer: DataTransfer): Promise<PickedFile[]> {
  // Entries must be taken before the first await: the browser empties the list when the event is over.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const loose = [...transfer.files];
  const found = entries.length === 0 ? loose.map((file) => ({ file, path: file.name }))
    : (await Promise.all(entries.map((entry) => filesBelow(entry, entry.name)))).flat();
  return ordered(found);
}

/** The files of an `<input type=file>`, of a folder or not. */
export function filesOfInput(list: FileList): PickedFile[] {
  return ordered([...list].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

function ordered(files: PickedFile[]): PickedFile[] {
  return files.filter(isWanted).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
