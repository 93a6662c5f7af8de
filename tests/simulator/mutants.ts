import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Engine } from "./engine.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "node_modules/.cache/caseroom-mutants");

/** One small wrong change of a source file. */
export interface Mutant { file: string; from: string; to: string }

const fold = "core/mask/maskFold.ts", brick = "core/mask/brickFold.ts", doc = "core/draft/masksDoc.ts", rebase = "core/draft/rebase.ts", trim = "core/draft/trimEntries.ts";
const of = (file: string, changes: readonly (readonly [string, string])[]): Mutant[] => changes.map(([from, to]) => ({ file, from, to }));

/** Faults of the kind that people make in fold, undo and rebase; each must be noticed. */
export const mutants: readonly Mutant[] = [
  ...of(brick, [
    ["a.lamport - b.lamport || a.clientId", "a.clientId"],
    ["a.lamport - b.lamport ||", "b.lamport - a.lamport ||"],
    ["|| a.clientId - b.clientId ||", "||"],
    ["a.clientId - b.clientId", "b.clientId - a.clientId"],
    ["|| a.counter - b.counter ||", "||"],
    ["this.#writes[at - 1].parts.push(runs);", "this.#writes[at - 1].parts = [runs];"],
    ["if (!stroke.hidden && (stroke.value !== 0 || this.isStale || this.#content !== undefined)) this.#touch(runs);", ""],
    ["if (!stroke.hidden && (stroke.value !== 0 ||", "if (!stroke.hidden && (stroke.value === 1 ||"],
    ["if (this.#content === undefined) this.#isWholeStale = true;", "if (this.#content === undefined) this.#isWholeStale = this.#writes.length > 1;"],
    ["const at = this.#place(stroke) - 1;", "const at = this.#place(stroke);"],
    ["for (const runs of this.#writes[at].parts) this.#touch(runs);", "{}"],
    ["if (stroke.hidden) continue;\n      for (const runs of parts) {\n        if (runs[0]", "for (const runs of parts) {\n        if (runs[0]"],
    ["let w = writes.length - 1; w >= 0 && left > 0; w--", "let w = 0; w < writes.length && left > 0; w++"],
    ["marked[row] = here & ~hit;", ""],
    ["this.#restore(row, marked[row]);", ""],
    ["if (this.#base === undefined) return this.#write(row, bits, 0);", "return this.#write(row, bits, 0);"],
    ["if (row > last) break;", "if (row >= last) break;"],
    ["runs[runs.length - 2] >> 5 < first) continue;", "runs[runs.length - 2] >> 5 <= first) continue;"],
    ["this.#firstRow = Math.min(this.#firstRow, runs[0] >> 5);", "this.#firstRow = runs[0] >> 5;"],
    ["this.#lastRow = Math.max(this.#lastRow, runs[runs.length - 2] >> 5);", "this.#lastRow = runs[0] >> 5;"],
    ["if (runs[2 * middle] < from) low = middle + 1;", "if (runs[2 * middle] <= from) low = middle + 1;"],
    ["if (before !== value) counts[before] -= alike;\n      left", "left"],
    ["counts[value] += changed;", "counts[value] += 1;"],
    ["this.#filled += value === 0 ? -changed : emptied;", "this.#filled += value === 0 ? -changed : 0;"],
    ["if (stroke.hidden) continue;\n      const content", "const content"],
    ["this.#filled += voxels;", ""],
    ["if ((covered[row] = before | mask) === -1) full++;", ""],
    ["const covered = coveredRows.fill(0),", "const covered = coveredRows,"],
    ["this.#isWholeStale = false;\n", ""],
    ["if (hit === mask) {", "if (hit !== 0) {"],
    ["bits &= bits - 1, voxels++", "bits &= bits - 1"],
    ["counts[value] += i - from;", "counts[value] += 1;"],
    ["((1 << length) - 1) << x", "((1 << (length - 1)) - 1) << x"],
    ["if (compareStrokes(this.#writes[middle].stroke, stroke) <= 0) low = middle + 1;", "if (compareStrokes(this.#writes[middle].stroke, stroke) < 0) low = middle + 1;"],
  ]),
  ...of(fold, [
    ["if (entry.lamport > this.#maxLamport) this.#maxLamport = entry.lamport;", ""],
    ["if (entry.lamport > this.#maxLamport) this.#maxLamport", "this.#maxLamport"],
    ["mark.n < state.n ||", "mark.n > state.n ||"],
    ["this.#marks.set(key, { hidden: mark.hidden, n: mark.n });", "this.#marks.set(key, { hidden: mark.hidden, n: 1 });"],
    ["stroke.hidden = mark.hidden;", "stroke.hidden = true;"],
    ["const hidden = this.#marks.get(key)?.hidden ?? false;", "const hidden = false;"],
    ["this.#layers[stroke.layer].bricks.get(brick)?.visibilityChanged(stroke);", ""],
    ["const layer = this.#layers[stroke.layer];", "const layer = this.#layers.anatomy;"],
    ["known?.add(brick);", ""],
    ["known ?? runs.map(({ brick }) => brick)", "known ?? []"],
    ["clientIds.has(strokes[0].clientId)", "clientIds.has(strokes[0].clientId) || strokes[0].value === 2"],
    ["return own.sort(compareStrokes)", "return own"],
    ['["anatomy", base], ["proposal", proposalBase]', '["anatomy", base]'],
  ]),
  ...of(doc, [
    ["return this.#fold.maxLamport + 1;", "return Math.max(1, this.#fold.maxLamport);"],
    ["return this.#fold.maxLamport + 1;", "return this.#fold.maxLamport + 2;"],
    ["counter: ++this.#counter }", "counter: this.#counter + (this.#counter > 2 ? 0 : 1) }"],
    [".filter(({ id }) => strokeKey(id) !== openKey)", ""],
    ["findLast(({ hidden }) => !hidden)", "find(({ hidden }) => !hidden)"],
    ["findLast(({ hidden }) => !hidden)", "findLast(() => true)"],
    ["if (this.#open !== undefined) return undefined;", ""],
    ["own.findLastIndex(({ hidden }) => !hidden) + 1", "0"],
    ["stroke.n > last.n", "stroke.n < last.n"],
    ["(most, own) => Math.max(most, own.n), 0)", "() => 0, 0)"],
    ["hidden, n: ++n })", "hidden: true, n: ++n })"],
    ["actKey(mate) === act &&", "false &&"],
    ["mate.hidden !== hidden && strokeKey", "strokeKey"],
    ["this.#ownIds = new Set(ownClientIds);", "this.#ownIds = new Set();"],
    ["marks.observe(marksObserver);", ""],
    ["addMarks(marks.toArray());", ""],
    ["addStrokes(strokes.toArray());", ""],
  ]),
  ...of(rebase, [
    ["if (more > 0 || kept.size === 0) {", "if (more > 0) {"],
    ["if (more > 0 ||", "if (more > 1 ||"],
    ["if (more > 0 ||", "if (more >= 0 ||"],
    ["if (keptActs.has(act)) { kept.add(key); continue; }", ""],
    ["exempt.has(person) ? 0 : keep", "keep"],
    ["strokes.toSorted(inFoldOrder).reverse()) {", "strokes.toSorted(inFoldOrder)) {"],
    ["personOf(entry.id.clientId) ??", "undefined ??"],
    ["horizon = Math.max(horizon, entry.lamport);", "horizon = entry.lamport;"],
    ["new MaskFold(grid, base.anatomy, base.proposal);", "new MaskFold(grid);"],
    ["new MaskFold(grid, base.anatomy, base.proposal);", "new MaskFold(grid, base.anatomy);"],
    ["if (plan.folded.has(strokeKey(entry.id))) fold.addStroke(bytes);", "fold.addStroke(bytes);"],
    ["marksOn(strokes, marks, plan.folded)) fold.addMark(bytes);", "[] as { bytes: Uint8Array }[]) fold.addMark(bytes);"],
    ["if (!folded.has(strokeKey(entry.id))) kept.add", "if (folded.has(strokeKey(entry.id))) kept.add"],
    ["covers: newest.get(key)?.hidden !== true", "covers: true"],
    ["isKept: !plan.folded.has(key)", "isKept: false"],
    ["strokes.toSorted(inFoldOrder).reverse().map", "strokes.toSorted(inFoldOrder).map"],
    ["mark.n > known.n", "mark.n < known.n"],
    ["replaced.has(at) || plan.folded", "plan.folded"],
    ["gone.filter((mark) => mark !== spare)", "gone"],
    ["while (from > 0 && positions[from - 1] === positions[from] - 1) from--;", "while (from > 0) from--;"],
    ["if (written.length > 0) roots.strokes.push(written);", ""],
  ]),
  ...of(trim, [
    ["?.[local] !== 1", "?.[local] === 1"],
    ["name(entry.layer, brick))?.[local]", 'name("anatomy", brick))?.[local]'],
    ["runVoxels(left) < runVoxels(bricks)", "left.length < bricks.length"],
    ["there.fill(1, runs[i], runs[i] + runs[i + 1]);", "there.fill(1, runs[i], runs[i] + 1);"],
    ["filter((bytes) => {", "filter((bytes) => { return true;"],
  ]),
];

/** Every source that an entry reaches by relative imports. */
function closure(entry: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(entry)) return found;
  const text = readFileSync(join(root, entry), "utf8");
  found.set(entry, text);
  for (const [, name] of text.matchAll(/from "(\.[^"]+\.ts)"/g)) closure(relative(root, join(root, dirname(entry), name)), found);
  return found;
}

const sources = closure(rebase, closure(doc));

/** Loads the engine with one change. Throws when the text to change is not there: the list is out of date then. */
export async function loadMutant(mutant: Mutant, number: number): Promise<Engine> {
  const folder = join(cache, `${process.pid}-${number}`);
  for (const [file, text] of sources) {
    if (file === mutant.file && text.split(mutant.from).length < 2) throw new Error(`${file} has no «${mutant.from}» any more`);
    const mutated = file === mutant.file ? text.replace(mutant.from, () => mutant.to) : text;
    const path = join(folder, file.replace(/\.ts$/, ".mjs"));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, stripTypeScriptTypes(mutated).replace(/(from "\.[^"]+)\.ts"/g, '$1.mjs"'));
  }
  const at = (file: string) => pathToFileURL(join(folder, file.replace(/\.ts$/, ".mjs"))).href;
  const [d, r, f] = await Promise.all([import(/* @vite-ignore */ at(doc)), import(/* @vite-ignore */ at(rebase)), import(/* @vite-ignore */ at(fold))]) as [Engine, Engine, Engine];
  return {
    followMasks: d.followMasks, MaskAuthor: d.MaskAuthor, MaskFold: f.MaskFold,
    planRebase: r.planRebase, foldUnder: r.foldUnder, trimKept: r.trimKept, dropFolded: r.dropFolded,
  };
}

export function forgetMutants(): void {
  rmSync(cache, { recursive: true, force: true });
}
