/** The maps side by side: one figure per method, drawn anew whenever the look changes. */
import { type ColorMapName, overlay, type Preprocessing, type SaliencyMap, viewOf } from '../src/index.js';
import { boxFromMap } from '../src/metrics/index.js';
import { context2d, download, duration, make } from './dom.js';
import { title } from './methods.js';
import { npy } from './npy.js';
import { paint, type Shown } from './picture.js';

export interface Look {
  readonly alpha: number;
  readonly colormap: ColorMapName;
  readonly boxes: boolean;
}

/** What all tiles show maps of. */
export interface Scene {
  readonly shown: Shown;
  readonly preprocessing: Preprocessing;
  readonly label: string;
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The box that a map draws, in the picture's pixels; `undefined` for a flat map. */
function regionOf({ saliency, shape }: SaliencyMap, view: Rectangle): Rectangle | undefined {
  const box = boxFromMap({ data: saliency, shape });
  if (!box) return undefined;
  const [sx, sy] = [view.width / shape[1], view.height / shape[0]];
  const [x0, y0, x1, y1] = box;
  return { x: view.x + x0 * sx, y: view.y + y0 * sy, width: (x1 - x0) * sx, height: (y1 - y0) * sy };
}

/** `60 × 40 at 12, 8`, in pixels `scale` times as large. */
function describe({ x, y, width, height }: Rectangle, scale: number): string {
  const [w, h, left, top] = [width, height, x, y].map((length) => Math.round(length * scale));
  return `${w} × ${h} at ${left}, ${top}`;
}

class Tile {
  readonly figure = make('figure', { className: 'tile' });
  readonly #canvas = make('canvas');
  readonly #time = make('span', { className: 'number' });
  readonly #notes = make('p', { className: 'notes' });
  readonly #buttons: HTMLElement;
  #shows: { readonly map: SaliencyMap; readonly scene: Scene } | undefined;
  #look: Look | undefined;

  constructor(private readonly method: string) {
    const button = (text: string, label: string, act: () => void) => {
      const made = make('button', { type: 'button', className: 'quiet', ariaLabel: label }, text);
      made.addEventListener('click', act);
      return made;
    };
    this.#canvas.role = 'img';
    this.#buttons = make(
      'span',
      { className: 'downloads' },
      button('PNG', `Download the ${title(method)} picture`, () => this.#savePng()),
      button('.npy', `Download the ${title(method)} map for NumPy`, () => this.#saveNpy()),
    );
    this.figure.dataset.method = method;
    const heading = make('h3', {}, title(method));
    this.figure.append(this.#canvas, make('figcaption', {}, heading, this.#time, this.#buttons, this.#notes));
  }

  show(map: SaliencyMap, scene: Scene, look: Look): void {
    this.#shows = { map, scene };
    this.#time.textContent = duration(map.milliseconds);
    this.#time.title = 'Time of this method alone, without the forward pass that all share';
    this.#canvas.hidden = this.#buttons.hidden = false;
    delete this.figure.dataset.refused;
    this.draw(look);
  }

  refuse(reason: string): void {
    this.#shows = undefined;
    this.#time.textContent = '';
    this.#canvas.hidden = this.#buttons.hidden = true;
    this.figure.dataset.refused = '';
    this.#notes.textContent = reason;
  }

  draw(look: Look): void {
    this.#look = look;
    if (!this.#shows) return;
    const { map, scene } = this.#shows;
    const { picture, small } = scene.shown;
    const region = this.#paint(this.#canvas, small.width, look);
    const notes = [
      ...(map.classAgnostic ? ['The same for every class.'] : []),
      ...(region ? [`Box ${describe(region, picture.width / small.width)}.`] : []),
      ...map.diagnostics,
    ];
    this.#notes.textContent = notes.join(' ');
    this.#canvas.ariaLabel = `${title(this.method)}: where "${scene.label}" is seen in ${scene.shown.stem}`;
  }

  /** Draws picture, heat and box `width` pixels wide; gives the box in these pixels. */
  #paint(canvas: HTMLCanvasElement, width: number, look: Look): Rectangle | undefined {
    if (!this.#shows) return undefined;
    const { map, scene } = this.#shows;
    const { picture, small } = scene.shown;
    const target = width === small.width ? small : picture;
    const whole = viewOf(picture.width, picture.height, scene.preprocessing);
    const [sx, sy] = [target.width / picture.width, target.height / picture.height];
    const view = { x: whole.x * sx, y: whole.y * sy, width: whole.width * sx, height: whole.height * sy };
    paint(canvas, overlay(target, map, view, look));
    const region = look.boxes ? regionOf(map, view) : undefined;
    if (region) {
      const context = context2d(canvas);
      const line = Math.max(1, Math.round(width / 256));
      for (const [colour, thickness] of [
        ['#000', 2 * line],
        ['#fff', line],
      ] as const) {
        context.strokeStyle = colour;
        context.lineWidth = thickness;
        context.strokeRect(region.x, region.y, region.width, region.height);
      }
    }
    return region;
  }

  get #name(): string {
    return `${this.#shows?.scene.shown.stem}.${this.method}`;
  }

  #savePng(): void {
    if (!this.#shows || !this.#look) return;
    const canvas = make('canvas');
    this.#paint(canvas, this.#shows.scene.shown.picture.width, this.#look);
    const name = `${this.#name}.png`;
    canvas.toBlob((blob) => blob && download(blob, name), 'image/png');
  }

  #saveNpy(): void {
    if (!this.#shows) return;
    const { saliency, shape } = this.#shows.map;
    download(new Blob([npy(saliency, [1, ...shape])]), `${this.#name}.npy`);
  }
}

/** One tile per chosen method, in order. */
export class Tiles {
  #tiles = new Map<string, Tile>();

  constructor(private readonly grid: HTMLElement) {}

  show(
    methods: readonly string[],
    maps: Readonly<Record<string, SaliencyMap>>,
    refused: Readonly<Record<string, string>>,
    scene: Scene,
    look: Look,
  ): void {
    const tiles = new Map(methods.map((method) => [method, this.#tiles.get(method) ?? new Tile(method)]));
    for (const [method, { figure }] of this.#tiles) if (!tiles.has(method)) figure.remove();
    for (const [method, tile] of tiles) {
      if (maps[method]) tile.show(maps[method], scene, look);
      else tile.refuse(refused[method] ?? 'No map.');
    }
    const figures = [...tiles.values()].map(({ figure }) => figure);
    // Only where the order changed: an element that is put in again loses the focus.
    if (figures.some((figure, i) => this.grid.children[i] !== figure)) this.grid.replaceChildren(...figures);
    this.#tiles = tiles;
  }

  draw(look: Look): void {
    for (const tile of this.#tiles.values()) tile.draw(look);
  }
}
