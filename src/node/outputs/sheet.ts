import { printable } from '../../errors.js';
import { scoreText, shareOf } from '../../poster/percent.js';
import type { Explanation, Picture, SaliencyMap, Target } from '../../types.js';
import { GrowingFile } from '../files/growing-file.js';
import { encodeThumbnail } from './encode.js';
import { sheetStyle } from './sheet-style.js';

/** The heading above the pictures. */
export interface SheetHeading {
  readonly model: string;
  readonly layers: readonly string[];
  readonly methods: readonly string[];
  readonly backend: string;
  readonly runtime: string;
}

/** One picture and class, with one map per method. */
export interface SheetRow {
  readonly name: string;
  /** The picture's address, for `src`. */
  readonly path: string;
  readonly picture: Picture;
  readonly explanation: Explanation;
  readonly maps: readonly { readonly map: SaliencyMap; readonly drawn: () => Picture }[];
}

const THUMBNAIL = 320;

/** Width of a picture on the sheet, pixels. */
const COLUMN = 190;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text for HTML; names are escaped as by `printable`. */
export const escaped = (text: string): string => printable(text).replace(/[&<>"']/g, (c) => entities[c] ?? c);

/** A class for people: its label's first synonym, or its number. */
export const className = (index: number, label?: string): string =>
  label?.split(',')[0].trim() ?? `class ${index}`;

/** A target for people: a class, or what is asked in place of one. */
export function targetName({ name, index, label, box, pixels }: Target): string {
  if (name === undefined) return className(index, label);
  return box || pixels !== undefined ? `${className(index, label)} (${name})` : name;
}

/** A time for people. */
const duration = (milliseconds: number): string =>
  milliseconds >= 10_000
    ? `${(milliseconds / 1000).toFixed(0)} s`
    : `${Math.max(1, Math.round(milliseconds))} ms`;

async function figure(picture: Picture, caption: string, aside: string, below = ''): Promise<string> {
  const bytes = await encodeThumbnail(picture, THUMBNAIL);
  const source = `data:image/jpeg;base64,${Buffer.from(bytes).toString('base64')}`;
  return (
    `<figure><img src="${source}" alt="${escaped(caption)}" loading="lazy">` +
    `<figcaption><span>${escaped(caption)}</span><span>${escaped(aside)}</span></figcaption>${below && `<p class="same">${escaped(below)}</p>`}</figure>`
  );
}

/** The card of one picture and class, as HTML. */
export async function card({ name, path, picture, explanation, maps }: SheetRow): Promise<string> {
  const { target } = explanation;
  const share = shareOf(target);
  const figures = [await figure(picture, 'picture', `${picture.width} × ${picture.height}`)];
  for (const { map, drawn } of maps) {
    const below = [
      ...(map.classAgnostic ? ['same for every class'] : []),
      ...(map.channels === undefined ? [] : [`${map.channels} of ${map.weights?.length} channels`]),
    ];
    figures.push(await figure(drawn(), map.method, duration(map.wholeMilliseconds), below.join('; ')));
  }
  const notes = maps.flatMap(({ map }) => map.diagnostics.map((note) => `${map.method}: ${note}`));
  return [
    '<article>',
    `<h2 title="${escaped(path)}">${escaped(name)}</h2>`,
    `<div class="class"><span>${escaped(targetName(target))}</span><span class="score">${scoreText(target)}</span></div>`,
    ...(share === undefined
      ? []
      : [`<div class="meter"><i style="width:${(100 * share).toFixed(1)}%"></i></div>`]),
    `<div class="strip">${figures.join('')}</div>`,
    ...notes.map((note) => `<p class="note">${escaped(note)}</p>`),
    '</article>\n',
  ].join('\n');
}

/** The card of a picture that could not be explained. */
export const failureCard = (name: string, error: string): string =>
  `<article class="failed"><h2>${escaped(name)}</h2><p>${escaped(error)}</p></article>\n`;

function opening({ model, layers, methods, backend, runtime }: SheetHeading): string {
  const columns = methods.length + 1;
  const facts: [string, string][] = [
    ['layer', layers.join(', ')],
    ['methods', methods.join(', ')],
    ['kernels on', backend],
    ['model on', runtime],
    ['times', 'whole time of each method, with the passes of the model'],
  ];
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(model)}: class activation maps</title>`,
    `<style>${sheetStyle}:root { --columns: ${columns}; --card-width: ${columns * COLUMN}px; }</style></head><body>`,
    `<header><h1>${escaped(model)}</h1><p>Where the evidence lies</p><dl>`,
    ...facts.map(([term, text]) => `<div><dt>${term}</dt><dd>${escaped(text)}</dd></div>`),
    '</dl></header><main>\n',
  ].join('\n');
}

/**
 * A contact sheet: one self-contained `index.html` with every picture, its class and one column per method.
 * It is written card by card, so that memory does not grow with the number of pictures. It appears under its
 * final name when it is closed.
 */
export class ContactSheet {
  private done = 0;
  private failed = 0;

  private constructor(private readonly file: GrowingFile) {}

  /** Throws `CamError` `output`. */
  static async open(path: string, heading: SheetHeading): Promise<ContactSheet> {
    const file = await GrowingFile.open(path);
    try {
      await file.append(opening(heading));
    } catch (error) {
      await file.discard();
      throw error;
    }
    return new ContactSheet(file);
  }

  /** Adds the cards of one picture, made by `card` or `failureCard`. */
  async add(cards: string, failed: boolean): Promise<void> {
    if (failed) this.failed++;
    else this.done++;
    await this.file.append(cards);
  }

  /** As `GrowingFile.close`. */
  async close(finish?: Parameters<GrowingFile['close']>[0]): Promise<void> {
    const failures = this.failed ? `, ${this.failed} failed` : '';
    await this.file.append(
      `</main><footer>${this.done} explained${failures}. Made with onnx-cam.</footer></body></html>\n`,
    );
    await this.file.close(finish);
  }

  /** Deletes the partial file. */
  discard(): Promise<void> {
    return this.file.discard();
  }
}
