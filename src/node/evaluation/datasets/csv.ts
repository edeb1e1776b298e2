import { basename, join } from 'node:path';
import Papa from 'papaparse';
import { CamError } from '../../../errors.js';
import type { DataSet, Knowledge, Problem } from '../../../evaluate/index.js';
import { pictureFolder } from './boxes-json.js';
import type { ClassNames } from './classes.js';
import { annotatedSample } from './sample.js';
import { readText } from './text.js';

/** Column names that are understood, lower case. */
const names = {
  file: ['file', 'filename', 'file_name', 'image', 'path'],
  label: ['label', 'class', 'class_index', 'category'],
  corners: [
    ['x0', 'y0', 'x1', 'y1'],
    ['xmin', 'ymin', 'xmax', 'ymax'],
    ['left', 'top', 'right', 'bottom'],
  ],
  sides: ['x', 'y', 'w', 'h'],
} as const;

interface Row {
  readonly label?: number;
  readonly boxes: number[][];
}

type Cells = Readonly<Record<string, string | undefined>>;

/**
 * A table with a heading line: `file`, and optionally `label` (class index or name) and a box (`x0,y0,x1,y1`,
 * `xmin,ymin,xmax,ymax` or `x,y,w,h`, pixels). A picture of several boxes has several lines.
 * @throws {CamError} `input` for a file without a `file` column or without rows.
 */
export async function readCsv(
  path: string,
  images: string | undefined,
  classes: ClassNames,
): Promise<DataSet> {
  const { data, errors, meta } = Papa.parse<Cells>(await readText(path), {
    header: true,
    skipEmptyLines: 'greedy',
    transformHeader: (name) => name.trim().toLowerCase(),
    transform: (cell) => cell.trim(),
  });
  const columns = meta.fields ?? [];
  const column = (wanted: readonly string[]) => wanted.find((name) => columns.includes(name));
  const file = column(names.file);
  if (file === undefined || data.length === 0)
    throw new CamError(
      'input',
      `--data: ${path}: expected a heading line with "file" and at least one row, got ${data.length} rows of ${columns.join(', ') || 'nothing'}.`,
    );
  const label = column(names.label);
  const corners = names.corners.find((four) => four.every((name) => columns.includes(name)));
  const sides = names.sides.every((name) => columns.includes(name));
  // Rows that Papa Parse reports are kept as far as they could be read. Line 1 is the heading.
  const problems: Problem[] = errors.map(({ row, message }) => ({
    where: `${basename(path)}, line ${(row ?? 0) + 2}`,
    what: 'line that does not fit the heading',
    got: message,
  }));
  const rows = new Map<string, Row>();
  data.forEach((cells, at) => {
    const where = `${basename(path)}, line ${at + 2}`;
    const name = cells[file];
    if (!name) {
      problems.push({ where, what: 'line without a file name' });
      return;
    }
    const index = label && cells[label] ? classes.indexOf(cells[label]) : undefined;
    if (label && index === undefined)
      problems.push({ where, what: 'label that is no class of the model', got: cells[label] ?? '' });
    const known = rows.get(name);
    if (known?.label !== undefined && index !== undefined && known.label !== index)
      problems.push({ where, what: 'picture with two classes (the first counts)', got: name });
    const box = boxOf(cells, corners, sides);
    if (box?.some(Number.isNaN)) problems.push({ where, what: 'box that is not four numbers', got: name });
    rows.set(name, {
      label: known?.label ?? index,
      boxes: [...(known?.boxes ?? []), ...(box && !box.some(Number.isNaN) ? [box] : [])],
    });
  });
  const folder = await pictureFolder(path, images);
  const has = new Set<Knowledge>();
  const samples = [...rows].map(([name, row]) => {
    if (row.label !== undefined) has.add('label');
    if (row.boxes.length > 0) has.add('boxes');
    return annotatedSample({ name, path: join(folder, name), label: row.label, boxes: row.boxes });
  });
  return { kind: 'CSV', samples, has, problems };
}

/** The box of a row; `undefined` where its cells are empty or the table has none. */
function boxOf(cells: Cells, corners: readonly string[] | undefined, sides: boolean): number[] | undefined {
  const four = corners ?? (sides ? names.sides : undefined);
  if (!four || four.every((name) => !cells[name])) return undefined;
  const [x, y, a, b] = four.map((name) => (cells[name] ? Number(cells[name]) : Number.NaN));
  return corners ? [x, y, a, b] : [x, y, x + a, y + b];
}
