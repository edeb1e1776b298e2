/** Saves an explanation as a picture. */
import { realpath } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { CamError } from '../../errors.js';
import { colorMapNames, type OverlayOptions, overlay, pictureOfTensor, viewOf } from '../../image/index.js';
import { expectMethodName, type MethodName } from '../../methods/names.js';
import { described, expectOptions, type OptionKinds } from '../../names.js';
import type { Explanation, InputTensor, Picture, Preprocessing } from '../../types.js';
import { writeAtomically } from '../files/files.js';
import { captioned } from './caption.js';
import { encodePicture, type PictureFormat, pictureFormats } from './encode.js';
import { posterPicture } from './poster.js';

export interface SaveOptions extends OverlayOptions {
  /** The method whose map is drawn. @default the first of the explanation */
  readonly method?: MethodName | (string & {});
  /**
   * Whether the picture and all maps are drawn side by side, with class, probability and colour bar. @default
   * false
   */
  readonly poster?: boolean;
  /**
   * Whether the overlay of a class-agnostic method says "same for every class" in a corner; never with
   * `heatOnly`. @default true
   */
  readonly caption?: boolean;
}

const saveOptions: OptionKinds<SaveOptions> = {
  method: 'string',
  poster: 'boolean',
  caption: 'boolean',
  colormap: colorMapNames,
  alpha: 'number',
  heatOnly: 'boolean',
  frame: 'boolean',
  box: 'array',
};

/** What else is drawn beside the maps. */
export interface Drawn {
  /** Name of the picture, for messages. */
  readonly name: string;
  readonly model: string;
  readonly preprocessing: Preprocessing;
  /** The explained picture; a file is read again. */
  readonly source: () => Promise<Picture | InputTensor>;
  /** Files that are never overwritten: the picture and the model. */
  readonly kept: readonly string[];
}

/** The format for a file name's extension. @throws {CamError} `output` */
function formatOf(path: unknown): PictureFormat {
  const ending = typeof path === 'string' ? extname(path).slice(1).toLowerCase() : '';
  const format = pictureFormats.find((one) => one === (ending === 'jpeg' ? 'jpg' : ending));
  if (format) return format;
  throw new CamError(
    'output',
    `save: expected a path that ends in ${pictureFormats.map((one) => `.${one}`).join(', ')}, got ${described(path)}.`,
  );
}

/** @throws {CamError} `output` for a path that is one of the files. */
async function expectOther(path: string, files: readonly string[]): Promise<void> {
  const real = (file: string) => realpath(file).catch(() => undefined);
  const target = await real(path);
  if (target === undefined) return;
  for (const file of files)
    if ((await real(file)) === target)
      throw new CamError(
        'output',
        `save: expected another file than what was explained, got "${path}". Choose another name.`,
      );
}

function mapOf({ maps }: Explanation, method: string | undefined) {
  const names = Object.keys(maps);
  if (names.length === 0)
    throw new CamError('option', 'save: expected a map to draw, got an explanation without methods.');
  return maps[method === undefined ? names[0] : expectMethodName('save: method', method, names)];
}

/**
 * Draws an explanation into a file. An existing file of that name is replaced.
 * @throws {CamError} `option`; `input` where the picture cannot be read again; `output` for an extension that
 *   names no format, for the picture or model itself, and for a file that cannot be written.
 */
export async function saveExplanation(
  explanation: Explanation,
  { name, model, preprocessing, source, kept }: Drawn,
  path: string,
  options: SaveOptions = {},
): Promise<void> {
  expectOptions('save', options, saveOptions);
  const { method, poster = false, caption = true, ...look } = options;
  const format = formatOf(path);
  await expectOther(path, kept);
  const map = mapOf(explanation, method);
  const image = await source();
  const fromTensor = 'shape' in image;
  const picture = fromTensor ? pictureOfTensor(image, preprocessing) : image;
  const { width, height } = picture;
  const view = fromTensor ? { x: 0, y: 0, width, height } : viewOf(width, height, preprocessing);
  const drawnOverlay = async (): Promise<Picture> => {
    const drawn = overlay(picture, map, view, { box: explanation.target.box, ...look });
    return caption && map.classAgnostic && !look.heatOnly ? captioned(drawn) : drawn;
  };
  const bytes = poster
    ? await posterPicture(
        {
          ...{ name, model: basename(model), picture, fromTensor, view },
          explanations: [
            method === undefined ? explanation : { ...explanation, maps: { [map.method]: map } },
          ],
        },
        format,
        look,
      )
    : await encodePicture(await drawnOverlay(), format);
  await writeAtomically(path, bytes);
}
