"use client";
// The only file that knows NiiVue. It paints; input, crosshairs, letters and pins are ours.
import { NVImage, NVMesh, Niivue, SHOW_RENDER, SLICE_TYPE } from "@niivue/niivue";
import { BRICK, brickExtent, brickOrigin } from "../../../core/mask/brick.ts";
import { type Row, valueAt } from "../../../core/mask/drawing/frame.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { type LineHit, lineHits, type SightLine } from "../../../core/surface/sightLine.ts";
import type { PaintedBrick } from "../../../core/surface/liveSurface.ts";
import type { Contour } from "../../../core/surface/sliceContours.ts";
import { BrickArena } from "./brickArena.ts";
import { fieldOfView, normalAxis, type Plane, type Rect, type SliceState, type Tile } from "./tileGeometry.ts";

/** What of the mask is painted over the CT. */
export type LabelColors = ReadonlyMap<number, { rgb: readonly [number, number, number]; isVisible: boolean }>;

const sliceTypes: Readonly<Record<Plane, SLICE_TYPE>> = { axial: SLICE_TYPE.AXIAL, coronal: SLICE_TYPE.CORONAL, sagittal: SLICE_TYPE.SAGITTAL };
const planeOfType = (type: number): Plane => (type === 1 ? "coronal" : type === 2 ? "sagittal" : "axial");
const emptyBrick = new Uint8Array(BRICK * BRICK * BRICK);
const drawTextureUnit = 33991; // TEXTURE7, NiiVue's unit for the drawing

/** The slices of a volume with a mask over them, on one canvas. Positions in CSS pixels and RAS mm. */
export class SliceView {
  readonly #nv: Niivue;
  readonly #grid: Grid;
  readonly #canvas: HTMLCanvasElement;
  #tiles: readonly Tile[] = [];
  #state: SliceState;
  #frame = 0;
  #windowTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  /** Milliseconds that the last change of the window took; without a GPU it can be seconds. */
  windowCostMs = 0;

  private constructor(nv: Niivue, canvas: HTMLCanvasElement, grid: Grid, state: SliceState) {
    this.#nv = nv;
    this.#canvas = canvas;
    this.#grid = grid;
    this.#state = state;
  }

  /** @param nifti uncompressed file of the volume on that grid */
  static async open(canvas: HTMLCanvasElement, grid: Grid, nifti: ArrayBuffer, state: SliceState, window: readonly [number, number]): Promise<SliceView> {
    const nv = new Niivue({
      backColor: [0, 0, 0, 1], crosshairWidth: 0, isOrientationTextVisible: false, show3Dcrosshair: false, isSliceMM: true,
      isRadiologicalConvention: state.convention === "radiological", sagittalNoseLeft: state.convention === "radiological",
      multiplanarShowRender: SHOW_RENDER.NEVER, isColorbar: false, isRuler: false, interactive: false, dragAndDropEnabled: false,
      drawingEnabled: false, isNearestInterpolation: false, logLevel: "error", loadingText: "",
    });
    const view = new SliceView(nv, canvas, grid, state);
    // Our own field of view for each plane, filling its tile: what `tileGeometry` maps is what is painted.
    nv.calculateWidthHeight = (_type, _scale, width, height) => [width, height];
    const ofNiivue = nv.screenFieldOfViewExtendedMM.bind(nv);
    nv.screenFieldOfViewExtendedMM = (type = 0) => {
      const screen = ofNiivue(type);
      const tile = view.#tiles.find(({ plane }) => plane === planeOfType(type));
      if (!tile) return screen;
      const { min, max } = fieldOfView(grid, tile, view.#state);
      for (const a of [0, 1] as const) {
        screen.mnMM[a] = min[a];
        screen.mxMM[a] = max[a];
        screen.fovMM[a] = max[a] - min[a];
      }
      return screen;
    };
    await nv.attachToCanvas(canvas, false);
    fillCanvas(nv);
    paintAhead(nv);
    const image = await NVImage.loadFromFile({ file: new File([nifti], "volume.nii"), colormap: "gray", opacity: 1, cal_min: window[0], cal_max: window[1], trustCalMinMax: false });
    nv.addVolume(image);
    nv.createEmptyDrawing();
    nv.drawOpacity = 0.35;
    nv.drawRimOpacity = 1;
    return view;
  }

  /** Shows these tiles of this state, at the next frame. */
  show(tiles: readonly Tile[], state: SliceState): void {
    const isMirrored = state.convention !== this.#state.convention;
    this.#tiles = tiles;
    this.#state = state;
    if (isMirrored) {
      this.#nv.opts.isRadiologicalConvention = state.convention === "radiological";
      this.#nv.opts.sagittalNoseLeft = state.convention === "radiological";
    }
    this.#nv.customLayout = tiles.map((tile) => ({ sliceType: sliceTypes[tile.plane], position: this.#fraction(tile) }));
    const frac = this.#nv.mm2frac([state.crosshair[0], state.crosshair[1], state.crosshair[2]], 0, true);
    this.#nv.scene.crosshairPos = frac;
    this.draw();
  }

  /** Which HU are black and white. NiiVue bakes it into a texture, so it is done when the hand rests, if it is slow. */
  setWindow(low: number, high: number): void {
    clearTimeout(this.#windowTimer);
    this.#windowTimer = setTimeout(() => {
      const image = this.#nv.volumes[0];
      if (this.#isClosed || !image || (image.cal_min === low && image.cal_max === high)) return;
      const start = performance.now();
      image.cal_min = low;
      image.cal_max = high;
      this.#nv.updateGLVolume();
      // What it costs is known once the graphics system is through with it.
      WebGL2RenderingContext.prototype.finish.call(this.#nv.gl);
      this.windowCostMs = performance.now() - start;
    }, this.windowCostMs > 60 ? 180 : 0);
  }

  /** Colours of the label values; a value without one is not shown. */
  setColors(colors: LabelColors): void {
    const lut = new Uint8ClampedArray(1024);
    for (const [value, { rgb, isVisible }] of colors) lut.set([...rgb, isVisible ? 255 : 0], 4 * value);
    this.#nv.drawLut = { lut, labels: Array.from({ length: 256 }, (_, value) => String(value)) };
    this.#nv.refreshColormaps();
    this.draw();
  }

  /** Puts a brick's labels on the GPU. */
  putBrick(index: number, content: Uint8Array | undefined): void {
    const [x, y, z] = brickOrigin(this.#grid, index);
    const [w, h, d] = brickExtent(this.#grid, index);
    this.#put(x, y, z, w, h, d, content ?? emptyBrick, BRICK);
  }

  /** Puts the labels of one slice on the GPU; `labels` has the lower shown axis fastest. */
  putSlice(plane: Plane, index: number, labels: Uint8Array): void {
    const [nx, ny, nz] = this.#grid.dims;
    const axis = normalAxis[plane];
    if (axis === 2) this.#put(0, 0, index, nx, ny, 1, labels, 0);
    else if (axis === 1) this.#put(0, index, 0, nx, 1, nz, labels, 0);
    else this.#put(index, 0, 0, 1, ny, nz, labels, 0);
  }

  /** Paints at the next animation frame, once for any number of calls. */
  draw(): void {
    if (this.#frame !== 0 || this.#isClosed) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (!this.#isClosed) this.#nv.drawScene();
    });
  }

  close(): void {
    this.#isClosed = true;
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#windowTimer);
    this.#nv.cleanup();
  }

  #fraction({ left, top, width, height }: Rect): [number, number, number, number] {
    const [w, h] = [Math.max(1, this.#canvas.clientWidth), Math.max(1, this.#canvas.clientHeight)];
    // NiiVue refuses what sticks out of the canvas by a rounding error.
    const x = left / w, y = top / h;
    return [x, y, Math.min(width / w, 1 - x), Math.min(height / h, 1 - y)];
  }

  #put(x: number, y: number, z: number, w: number, h: number, d: number, labels: Uint8Array, edge: number): void {
    const { gl, drawTexture } = this.#nv;
    gl.activeTexture(drawTextureUnit);
    gl.bindTexture(gl.TEXTURE_3D, drawTexture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, edge);
    gl.pixelStorei(gl.UNPACK_IMAGE_HEIGHT, edge);
    gl.texSubImage3D(gl.TEXTURE_3D, 0, x, y, z, w, h, d, gl.RED, gl.UNSIGNED_BYTE, labels);
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 0);
    gl.pixelStorei(gl.UNPACK_IMAGE_HEIGHT, 0);
  }
}

/** NiiVue waits after each paint until the graphics system is through with it; nothing here needs that, and the hand would wait too. */
function paintAhead({ gl }: Niivue): void {
  gl.finish = () => gl.flush();
}

/**
 * NiiVue asks at each paint for the canvas' size in CSS, for pictures that fill a part of it; ours fill it. The question makes
 * the browser lay the page out in the middle of a stroke.
 */
function fillCanvas(nv: Niivue): void {
  nv["getBoundsRegion"] = () => [0, 0, nv.gl.canvas.width, nv.gl.canvas.height];
}

/** How RAS mm lie on a canvas: coefficients of x, y, z and 1 for CSS pixels across and down. */
export interface Projection { across: Row; down: Row }
const rows = ["across", "down"] as const;
/** The extent of a surface that is empty: joined to the others' it changes nothing, so that it does not pull the view to the scan's origin. */
const noExtent = { extentsMin: [Infinity, Infinity, Infinity], extentsMax: [-Infinity, -Infinity, -Infinity], furthestVertexFromOrigin: 0 };

/** Surfaces in 3D, on a canvas of their own: painting slices never waits for them. */
export class SurfaceView {
  readonly #nv: Niivue;
  readonly #meshes = new Map<number, { key: string; mesh: NVMesh }>();
  /** Surfaces that follow the mask; one that is not whole yet waits behind the mesh that is shown. */
  readonly #live = new Map<number, { arena: BrickArena; mesh: NVMesh; isShown: boolean }>();
  /** Surfaces that are meant to be hidden, whatever is looked at alone. */
  readonly #hidden = new Set<number>();
  #only: number | null = null;
  #frame = 0;
  #seen: Projection | null = null;
  readonly #listeners = new Set<() => void>();

  private constructor(nv: Niivue) { this.#nv = nv; }

  static async open(canvas: HTMLCanvasElement): Promise<SurfaceView> {
    const nv = new Niivue({
      backColor: [0, 0, 0, 1], crosshairWidth: 0, show3Dcrosshair: false, isOrientCube: true, isOrientationTextVisible: false,
      interactive: false, dragAndDropEnabled: false, isColorbar: false, logLevel: "error", sliceType: SLICE_TYPE.RENDER, loadingText: "",
    });
    await nv.attachToCanvas(canvas, false);
    fillCanvas(nv);
    paintAhead(nv);
    nv.setRenderAzimuthElevation(150, 12);
    const view = new SurfaceView(nv);
    // NiiVue paints by itself too, when the canvas changes its size.
    const draw = nv.drawScene.bind(nv);
    nv.drawScene = () => { const drawn = draw(); view.#look(); return drawn; };
    return view;
  }

  /**
   * How RAS mm lie on the canvas: coefficients of x, y, z and 1 for CSS pixels across and down. The picture is
   * orthographic and no mirror image. Null while nothing is shown that gives a scale.
   */
  projection(): Projection | null {
    if (this.#meshes.size + this.#live.size === 0) return null;
    const { canvas } = this.#nv.gl, { renderAzimuth, renderElevation } = this.#nv.scene, dpr = this.#nv.uiData.dpr || 1;
    const [m] = this.#nv.calculateMvpMatrix(null, [0, 0, canvas.width, canvas.height], renderAzimuth, renderElevation), [w, h] = [canvas.width / dpr / 2, canvas.height / dpr / 2];
    const seen: Projection = { across: [m[0] * w, m[4] * w, m[8] * w, (m[12] + 1) * w], down: [-m[1] * h, -m[5] * h, -m[9] * h, (1 - m[13]) * h] };
    // A surface that is still empty has no extent, and its picture no scale.
    return rows.every((row) => seen[row].every(Number.isFinite) && seen[row].slice(0, 3).some((factor) => factor !== 0)) ? seen : null;
  }

  /** The projection of the last picture; another object only when it differs, so that marks follow the camera and not each paint. */
  readonly seen = (): Projection | null => this.#seen;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  };

  #look(): void {
    const now = this.projection(), before = this.#seen;
    if (now === before || (now && before && rows.every((row) => now[row].every((factor, i) => factor === before[row][i])))) return;
    this.#seen = now;
    for (const listener of this.#listeners) listener();
  }

  /** Where a point (RAS mm) lies on the canvas, CSS pixels; null while nothing is shown that gives a scale. */
  project(p: readonly [number, number, number]): [number, number] | null {
    const seen = this.projection();
    return seen && [valueAt(seen.across, p), valueAt(seen.down, p)];
  }

  /** Looks from a direction: azimuth 180 at the face, 90 from the left; elevation from above. */
  lookFrom(azimuth: number, elevation: number): void { this.#nv.setRenderAzimuthElevation(azimuth, elevation); }

  /** Shows a segment's surface, or its new one; `key` names the content. */
  put(value: number, key: string, surface: Mesh, rgb: readonly [number, number, number]): void {
    this.putPainted(value, key, surface, new Uint8Array([...rgb, 255]));
  }

  /** The same with a colour (RGBA) for each vertex, or one for all. */
  putPainted(value: number, key: string, surface: Mesh, rgba: Uint8Array): void {
    const before = this.#meshes.get(value);
    if (before?.key === key || this.isLive(value)) return;
    const mesh = new NVMesh(surface.positions, surface.triangles, `surface ${value}`, rgba, 1, true, this.#nv.gl);
    mesh.visible = this.#isSeen(value);
    this.#nv.addMesh(mesh);
    if (before) this.#nv.removeMesh(before.mesh);
    this.#meshes.set(value, { key, mesh });
    this.#nv.drawScene();
  }

  #isSeen(value: number): boolean { return this.#only === null ? !this.#hidden.has(value) : value === this.#only; }

  /** Shows one surface and none of the others; null: all that are not hidden. */
  showOnly(value: number | null): void {
    this.#only = value;
    for (const [one, { mesh }] of [...this.#meshes, ...this.#live]) mesh.visible = this.#isSeen(one);
    this.#draw();
  }

  /** Whether what is shown of a segment follows the mask. */
  isLive(value: number): boolean { return this.#live.get(value)?.isShown === true; }

  /**
   * Paints changed bricks of a segment's surface. The first ones wait until the surface is whole (`isRest`) and then take the
   * mesh's place at once. Where the camera looks follows the surface when it rests, not under the hand.
   */
  putBricks(value: number, bricks: readonly PaintedBrick[], rgb: readonly [number, number, number], isVisible: boolean, isRest: boolean): void {
    const { gl } = this.#nv;
    this.#wish(value, isVisible);
    let live = this.#live.get(value);
    if (!live) {
      // NiiVue wants a mesh to begin with: one triangle without an area, in a place where the surface is.
      const some = bricks.find(({ vertices }) => vertices.length > 0), corner = some ? new Float32Array(some.vertices.buffer, 0, 3) : new Float32Array(3);
      const mesh = new NVMesh(new Float32Array([...corner, ...corner, ...corner]), new Uint32Array([0, 1, 2]), `surface ${value}`, new Uint8Array([...rgb, 255]), 1, isVisible, gl);
      this.#live.set(value, live = { arena: new BrickArena(gl, { vertexBuffer: mesh.vertexBuffer, indexBuffer: mesh.indexBuffer, vao: mesh.vao }, rgb), mesh, isShown: false });
    }
    const { arena, mesh } = live;
    arena.put(bricks);
    mesh.indexCount = arena.indexCount;
    if (isRest) {
      const extent = arena.extent();
      Object.assign(mesh, extent ? { extentsMin: extent.min, extentsMax: extent.max, furthestVertexFromOrigin: extent.farthestMm } : noExtent);
    }
    if (isRest && !live.isShown) {
      mesh.visible = this.#isSeen(value);
      this.#nv.addMesh(mesh);
      live.isShown = true;
      const before = this.#meshes.get(value);
      this.#meshes.delete(value);
      if (before) this.#nv.removeMesh(before.mesh);
    }
    if (live.isShown) this.#draw();
  }

  /** Lines of a segment's surface in a plane, while it follows the mask. */
  cut(value: number, axis: 0 | 1 | 2, at: number): Contour[] { return this.isLive(value) ? this.#live.get(value)?.arena.cut(axis, at) ?? [] : []; }

  #draw(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => { this.#frame = 0; this.#nv.drawScene(); });
  }

  #wish(value: number, isVisible: boolean): void {
    if (isVisible) this.#hidden.delete(value);
    else this.#hidden.add(value);
  }

  setColor(value: number, rgb: readonly [number, number, number], isVisible: boolean): void {
    this.#wish(value, isVisible);
    const live = this.#live.get(value);
    if (live) {
      live.arena.setColor(rgb);
      live.mesh.indexCount = live.arena.indexCount;
      live.mesh.visible = this.#isSeen(value);
      this.#draw();
    }
    const known = this.#meshes.get(value);
    if (!known) return;
    known.mesh.rgba255 = new Uint8Array([...rgb, 255]);
    known.mesh.visible = this.#isSeen(value);
    known.mesh.updateMesh(this.#nv.gl);
    this.#nv.drawScene();
  }

  remove(value: number): void {
    const live = this.#live.get(value);
    this.#live.delete(value);
    if (live?.isShown) this.#nv.removeMesh(live.mesh);
    else live?.mesh.unloadMesh(this.#nv.gl);
    if (live) this.#draw();
    const known = this.#meshes.get(value);
    if (!known) return;
    this.#nv.removeMesh(known.mesh);
    this.#meshes.delete(value);
    this.#nv.drawScene();
  }

  /** Turns by degrees. */
  turn(azimuth: number, elevation: number): void {
    const { renderAzimuth, renderElevation } = this.#nv.scene;
    this.#nv.setRenderAzimuthElevation((renderAzimuth + azimuth + 360) % 360, Math.max(-90, Math.min(90, renderElevation + elevation)));
  }

  /** Where a line goes through one surface that is shown, in its order. */
  hits(value: number, line: SightLine): LineHit[] {
    const live = this.#live.get(value);
    if (live?.isShown) return live.mesh.visible ? live.arena.hits(line) : [];
    const mesh = this.#meshes.get(value)?.mesh;
    return mesh?.visible && mesh.tris ? lineHits({ positions: mesh.pts as Float32Array, triangles: mesh.tris }, line) : [];
  }

  /** The first surface on a line of sight, and where. */
  firstHit(line: SightLine): (LineHit & { value: number }) | null {
    let first: (LineHit & { value: number }) | null = null;
    for (const value of new Set([...this.#meshes.keys(), ...this.#live.keys()])) {
      const hit = this.hits(value, line)[0];
      if (hit && (first === null || hit.at < first.at)) first = { ...hit, value };
    }
    return first;
  }

  zoomBy(factor: number): void {
    this.#nv.setScale(Math.max(0.3, Math.min(8, this.#nv.scene.volScaleMultiplier * factor)));
  }

  /** Whether a segment's surface of that content is shown. */
  has(value: number, key: string): boolean { return this.#meshes.get(value)?.key === key; }

  /** Of the surfaces that are of a kind, takes away all but some. */
  keepOnlyOf(isOfKind: (value: number) => boolean, values: ReadonlySet<number>): void {
    for (const value of new Set([...this.#meshes.keys(), ...this.#live.keys()])) if (isOfKind(value) && !values.has(value)) this.remove(value);
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#nv.cleanup();
  }
}
