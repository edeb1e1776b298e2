import { basename, join } from 'node:path';
import { CamError } from '../../../errors.js';
import type { DataSet, Knowledge, Problem } from '../../../evaluate/index.js';
import { pictureFolder } from './boxes-json.js';
import type { ClassNames } from './classes.js';
import { polygonMask } from './polygons.js';
import { annotatedSample } from './sample.js';
import { isRecord, numberLists, readJson } from './text.js';

interface CocoObject {
  readonly category: number;
  readonly box: readonly number[];
  readonly area: number;
  /** Missing for run-length masks. */
  readonly polygons?: readonly (readonly number[])[];
}

/** Whether parsed JSON is in COCO's format. */
export const isCoco = (file: unknown): boolean =>
  isRecord(file) && Array.isArray(file.images) && Array.isArray(file.annotations);

const records = (value: unknown): Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

/**
 * COCO annotations. A picture's class is the category that covers most of it. The category is matched to the
 * model's labels by name; without labels, to its position in the order of category ids. Boxes and polygons
 * are those of that category. Crowds are left out.
 * @throws {CamError} `input` for a file that is not in COCO's format.
 */
export async function readCoco(
  path: string,
  images: string | undefined,
  classes: ClassNames,
): Promise<DataSet> {
  const file = await readJson(path);
  if (!isRecord(file) || !isCoco(file))
    throw new CamError('input', `--data: ${path}: expected COCO's "images" and "annotations", got others.`);
  const problems: Problem[] = [];
  const categories = records(file.categories).sort((a, b) => Number(a.id) - Number(b.id));
  const classOf = new Map<number, number>();
  categories.forEach((category, at) => {
    const index = classes.labels ? classes.indexOf(String(category.name)) : at;
    if (index !== undefined) classOf.set(Number(category.id), index);
    else
      problems.push({
        where: basename(path),
        what: 'category that is no class of the model',
        got: String(category.name),
      });
  });
  const objects = new Map<number, CocoObject[]>();
  for (const annotation of records(file.annotations)) {
    const where = `annotation ${String(annotation.id ?? '?')}`;
    if (annotation.iscrowd === 1) {
      problems.push({ where, what: 'crowd (left out)' });
      continue;
    }
    const [[x, y, w, h] = []] = numberLists([annotation.bbox]);
    const polygons = Array.isArray(annotation.segmentation)
      ? numberLists(annotation.segmentation)
      : undefined;
    if (annotation.segmentation !== undefined && !polygons)
      problems.push({ where, what: 'run-length mask (its box counts)' });
    const image = Number(annotation.image_id);
    const object: CocoObject = {
      category: Number(annotation.category_id),
      box: [x, y, x + w, y + h],
      area: Number(annotation.area ?? w * h),
      polygons: polygons?.filter((polygon) => polygon.length >= 6 && polygon.every(Number.isFinite)),
    };
    objects.set(image, [...(objects.get(image) ?? []), object]);
  }
  const folder = await pictureFolder(path, images);
  const has = new Set<Knowledge>();
  const samples = records(file.images).map((image) => {
    const name = String(image.file_name);
    const of = mainObjects(objects.get(Number(image.id)) ?? []);
    if (of.length === 0) problems.push({ where: name, what: 'no object' });
    const label = of.length > 0 ? classOf.get(of[0].category) : undefined;
    if (label !== undefined) has.add('label');
    if (of.length > 0) has.add('boxes');
    const polygons = of.flatMap((object) => object.polygons ?? []);
    const drawn = of.length > 0 && of.every((object) => (object.polygons?.length ?? 0) > 0);
    if (drawn) has.add('mask');
    const [width, height] = [Number(image.width), Number(image.height)];
    const size: [number, number] | undefined = width > 0 && height > 0 ? [width, height] : undefined;
    return annotatedSample({
      name,
      path: join(folder, name),
      label,
      boxes: of.map(({ box }) => box),
      size,
      masks: drawn
        ? async (picture) => ({
            mask: polygonMask(
              polygons,
              [picture.height, picture.width],
              size ? [picture.width / size[0], picture.height / size[1]] : [1, 1],
            ),
          })
        : undefined,
    });
  });
  if (samples.length === 0)
    throw new CamError('input', `--data: ${path}: expected at least one picture in "images", got none.`);
  return { kind: 'COCO', samples, has, problems };
}

/** The objects of the category that covers the largest area. */
function mainObjects(objects: readonly CocoObject[]): readonly CocoObject[] {
  const areas = new Map<number, number>();
  for (const { category, area } of objects) areas.set(category, (areas.get(category) ?? 0) + area);
  const [main] = [...areas].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return main ? objects.filter(({ category }) => category === main[0]) : [];
}
