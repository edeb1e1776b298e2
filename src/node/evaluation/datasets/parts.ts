import { dirname, extname, join } from 'node:path';
import { CamError } from '../../../errors.js';
import type { Cue, DataSet } from '../../../evaluate/index.js';
import type { Plane } from '../../../metrics/index.js';
import type { Picture } from '../../../types.js';
import { decodeFile } from '../../inputs/decode.js';
import { readBoxesJson } from './boxes-json.js';
import type { ClassNames } from './classes.js';
import { sampled } from './sample.js';
import { isFile, isRecord, readJson } from './text.js';

/**
 * The description of species and their parts: by class, the value of each part; by mask value, the part's
 * name.
 */
interface Species {
  readonly parts: Readonly<Record<string, string>>;
  readonly species: readonly Readonly<Record<string, string>>[];
}

/** Names of the parts in which two classes differ. */
const differing = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((part) => a[part] !== b[part]);

/**
 * Pictures with part masks, of species that differ in known parts: `annotations.json` (as `boxes.json`), and
 * per picture `<stem>.parts.png` beside it or in `../parts`, whose grey value names the part (0 is
 * background). Two species that differ in one part make a pair for mPxAP.
 *
 * @param description  JSON with `parts` (grey value → name) and `species` (per class: part → value).
 * @throws {CamError} `input`.
 */
export async function readParts(
  path: string,
  images: string | undefined,
  classes: ClassNames,
  description: string,
): Promise<DataSet> {
  const { parts, species } = await readSpecies(description);
  const masks = new Map<string, string>();
  const folder = dirname(path);
  const found = await readBoxesJson(path, images, classes, (entry) => {
    const stem = entry.name.slice(0, -extname(entry.name).length);
    const candidates = [
      join(dirname(entry.path), `${stem}.parts.png`),
      join(folder, '..', 'parts', `${stem}.parts.png`),
    ];
    return {
      ...entry,
      async masks(picture) {
        const mask = masks.get(entry.name) ?? (await firstFile(candidates));
        if (mask === undefined) return {};
        masks.set(entry.name, mask);
        const values = await partValues(mask, picture);
        const cues = entry.label === undefined ? [] : cuesOf(entry.label, values, { parts, species });
        return { mask: values, ...(cues.length > 0 && { cues }) };
      },
    };
  });
  return {
    ...found,
    kind: 'species that differ in known parts',
    has: new Set([...found.has, 'mask', 'cues']),
  };
}

async function readSpecies(path: string): Promise<Species> {
  const file = await readJson(path);
  const strings = (value: unknown): Record<string, string> =>
    isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)])) : {};
  if (!isRecord(file) || !isRecord(file.parts) || !Array.isArray(file.species))
    throw new CamError(
      'input',
      `--data: ${path}: expected "parts" and "species", got neither or one of them.`,
    );
  return { parts: strings(file.parts), species: file.species.map(strings) };
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isFile(path)) return path;
  return undefined;
}

/** Grey values of a part mask, over the picture. */
async function partValues(path: string, picture: Picture): Promise<Plane> {
  const mask = await decodeFile(path);
  return sampled(mask, picture, (p) => mask.data[4 * p]);
}

function cuesOf(label: number, values: Plane, { parts, species }: Species): Cue[] {
  const own = species[label];
  if (own === undefined) return [];
  return species.flatMap((one, other) => {
    const [part, ...more] = differing(own, one);
    const value = Object.entries(parts).find(([, name]) => name === part)?.[0];
    if (part === undefined || more.length > 0 || value === undefined) return [];
    const data = Uint8Array.from(values.data, (v) => (v === Number(value) ? 1 : 0));
    return [{ other, mask: { data, shape: values.shape } }];
  });
}
