import { inputOf, type PictureRecord, type Sample, saliencyOf } from '../../../evaluate/index.js';
import { overlay, pictureOfTensor, viewOf } from '../../../image/index.js';
import type { Picture, Preprocessing } from '../../../types.js';
import { encodeThumbnail } from '../../outputs/encode.js';
import { escaped } from '../../outputs/sheet.js';
import { columnsOf, type Evaluation, pictureValue } from './evaluation.js';
import { shown } from './tables.js';

/** Columns that pictures can be ranked by; the first measured one is used. */
const RANKED_BY = ['insertion', 'average-drop', 'energy-pointing-game', 'average-drop-multiply', 'road'];
const PER_END = 3;
const THUMBNAIL = 220;

export interface GalleryOptions {
  readonly preprocessing: Preprocessing;
  readonly sample: (name: string) => Sample | undefined;
  readonly className: (index: number) => string;
}

/** For each method its best and its worst pictures, with the map of the predicted class. */
export async function gallery(evaluation: Evaluation, options: GalleryOptions): Promise<string> {
  const columns = columnsOf(evaluation).filter(({ column }) => column.better !== undefined);
  const ranked = [...RANKED_BY, ...columns.map(({ column }) => column.id)];
  const by = ranked
    .flatMap((id) => columns.find(({ column }) => column.id === id) ?? [])
    .find((column) =>
      evaluation.methods.some((method) =>
        evaluation.records.some((_, at) => pictureValue(method, column, at) !== undefined),
      ),
    );
  if (!by) return '';
  const parts: string[] = [];
  for (const method of evaluation.methods) {
    const order = evaluation.records
      .flatMap((record, at) => {
        const value = pictureValue(method, by, at);
        return value === undefined ? [] : [{ record, value }];
      })
      .sort((a, b) => (by.column.better === 'higher' ? b.value - a.value : a.value - b.value));
    if (order.length === 0) continue;
    const best = order.slice(0, PER_END);
    const worst = order.slice(best.length).slice(-PER_END).reverse();
    const figures: string[] = [];
    for (const [end, chosen] of [
      ['best', best],
      ['worst', worst],
    ] as const) {
      for (const { record, value } of chosen)
        figures.push(await figureOf(record, method.method, `${end}: ${shown(value, by.column)}`, options));
    }
    parts.push(
      `<details open><summary>${escaped(method.method)}</summary><div class="gallery">${figures.join('')}</div></details>`,
    );
  }
  return `<section><h2>Best and worst pictures</h2><p class="soft">By ${escaped(by.column.title)}; maps of the predicted class.</p>${parts.join('\n')}</section>`;
}

async function figureOf(
  record: PictureRecord,
  method: string,
  caption: string,
  { preprocessing, sample, className }: GalleryOptions,
): Promise<string> {
  const loaded = await sample(record.picture)?.load();
  if (!loaded) return '';
  const picture: Picture =
    'shape' in loaded.picture
      ? pictureOfTensor(inputOf(loaded, { preprocessing }).tensor, preprocessing)
      : loaded.picture;
  const view =
    'shape' in loaded.picture
      ? { x: 0, y: 0, width: picture.width, height: picture.height }
      : viewOf(picture.width, picture.height, preprocessing);
  const { data, shape } = saliencyOf(record.methods[method].map, record.size);
  const bytes = await encodeThumbnail(
    overlay(picture, { saliency: data, shape: [shape[0], shape[1]] }, view),
    THUMBNAIL,
  );
  const source = `data:image/jpeg;base64,${Buffer.from(bytes).toString('base64')}`;
  const about = `${className(record.predicted)}, ${(100 * record.score).toFixed(0)} %`;
  return (
    `<figure><img src="${source}" alt="${escaped(`${record.picture}: ${method}`)}">` +
    `<figcaption><b>${escaped(caption)}</b><br>${escaped(about)}<br>${escaped(record.picture)}</figcaption></figure>`
  );
}
