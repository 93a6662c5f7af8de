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
 * name, so they do not leave the browser; `shownNames` puts them beside what the server says of an image.
 */
export function sentName(index: number, path: string): string {
  const ending = knownEnding.exec(path)?.[0].toLowerCase() ?? "";
  return `${String(index + 1).padStart(5, "0")}${ending}`;
}

/** A file that was sent: the person's own path, and what the import calls its image; null where it tells neither number nor place. */
export interface SentFile { readonly path: string; readonly name: string | null }

/**
 * A sentence of the import with the person's own paths: it calls an image by number and place («image 31 at z 146.0 mm»), any
 * other file by where it stands among those sent («file 3»). A name that two files share names neither.
 * @param files in the order of their sent names
 */
export function shownNames(sentence: string, files: readonly SentFile[]): string {
  const byName = new Map<string, string | null>();
  for (const { path, name } of files) if (name !== null) byName.set(name, byName.has(name) ? null : path);
  files.forEach(({ path }, at) => byName.set(`file ${at + 1}`, path));
  return sentence.replace(/\bfile \d+\b|\b(?:the image|image \d+)(?: at [xyz] -?\d+\.\d mm)?/g, (name) => {
    const path = byName.get(name);
    return path ? `${name} (${path})` : name;
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
