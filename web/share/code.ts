/** What the page shows, as code: for the command line, Node, and Python over the baked model. */
import type { ColorMapName, Preprocessing } from '../../src/index.js';
import type { Baked } from './baked.js';

export interface CodeSubject {
  /** A file's name; `bundled` where it is the model that comes with the package. */
  readonly model: { readonly name: string; readonly bundled: boolean };
  /** A file's name. */
  readonly picture: string;
  /** None: the predicted one. */
  readonly classes: readonly number[];
  /** The first is the one on the stage. */
  readonly methods: readonly string[];
  /** Missing: the one that the package chooses. */
  readonly layer?: string;
  readonly preprocessing: Preprocessing;
  /** Whether a file or a hand gave it: then the code has to say it, for the model alone does not. */
  readonly isGiven: boolean;
  readonly colormap: ColorMapName;
  /** 0..1. */
  readonly alpha: number;
}

export const stemOf = (file: string): string => file.replace(/(?<=.)\.[^.]*$/, '');

const text = (value: unknown): string => JSON.stringify(value); // a literal of JavaScript, and of Python

/** A word for a POSIX shell. */
function word(value: string): string {
  const safe = value.startsWith('-') ? `./${value}` : value;
  return /^[\w./+:@%,=-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}

export function commandLine(subject: CodeSubject): string {
  const { model, picture, classes, methods, layer, preprocessing, isGiven, colormap, alpha } = subject;
  const settings = `${stemOf(model.name)}.preprocessing.json`;
  const file = isGiven ? `cat > ${word(settings)} <<'JSON'\n${text(preprocessing)}\nJSON\n` : '';
  const parts = [
    `npx onnx-cam explain --model ${word(model.bundled ? 'birds' : model.name)} ${word(picture)}`,
    `--method ${methods.join(',')}`,
    ...classes.map((index) => `--target ${index}`),
    ...(layer === undefined ? [] : [`--layer ${word(layer)}`]),
    ...(isGiven ? [`--preprocess ${word(settings)}`] : []),
    `--format png,npy,poster --colormap ${colormap} --alpha ${alpha}`,
  ];
  return `${file}${parts.join(' \\\n  ')}\n`;
}

export function node(subject: CodeSubject): string {
  const { model, picture, classes, methods, layer, preprocessing, isGiven, colormap, alpha } = subject;
  const path = model.bundled ? 'node_modules/onnx-cam/models/birds.onnx' : model.name;
  const several = classes.length > 1;
  const options = [
    `methods: ${list(methods.map(text))},`,
    ...(classes.length > 0 ? [`target: ${several ? list(classes.map(text)) : classes[0]},`] : []),
    ...(layer === undefined ? [] : [`layers: [${text(layer)}],`]),
    ...(isGiven ? [`preprocessing: ${text(preprocessing)},`] : []),
  ];
  const call = `await explain(${text(path)}, ${text(picture)}, {\n${indented(options)}\n})`;
  const stem = stemOf(picture);
  const saved = several
    ? `${text(`${stem}.class`)} + target.index + ".png"`
    : text(`${stem}.${methods[0]}.png`);
  const use = [
    'console.log(target.label ?? target.index, target.score); // the class and its probability',
    `console.log(maps[${text(methods[0])}].saliency); // Float32Array [H * W], 0..1`,
    `await save(${saved}, { colormap: ${text(colormap)}, alpha: ${alpha} });`,
  ];
  const head = "import { explain } from 'onnx-cam/node';\n\n";
  if (!several) return `${head}const { target, maps, save } = ${call};\n${use.join('\n')}\n`;
  return `${head}const explanations = ${call};\nfor (const { target, maps, save } of explanations) {\n${indented(use)}\n}\n`;
}

const list = (items: readonly string[]): string => `[${items.join(', ')}]`;
const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');

/** @param file  The baked model's name, as it is downloaded. */
export function python(subject: CodeSubject, baked: Omit<Baked, 'bytes'>, file: string): string {
  const { picture, classes, preprocessing } = subject;
  const { channels } = preprocessing;
  const classNumber = classes[0] ?? -1;
  const feeds = [
    `${text(baked.pixels)}: pixels`,
    ...(baked.target === undefined ? [] : [`${text(baked.target)}: np.array([${classNumber}])`]),
  ];
  const about = baked.target !== undefined && classNumber < 0 ? '  # -1: the predicted class' : '';
  return `${[
    'import numpy as np',
    'import onnxruntime as ort',
    'from PIL import Image, ImageOps',
    '',
    `image = ImageOps.exif_transpose(Image.open(${text(picture)})).convert(${text(channels === 'GRAY' ? 'L' : 'RGB')})`,
    ...resized(preprocessing),
    channels === 'GRAY'
      ? 'pixels = np.asarray(image)[None, None]'
      : 'pixels = np.asarray(image).transpose(2, 0, 1)[None]',
    `session = ort.InferenceSession(${text(file)})`,
    `scores, saliency = session.run([${text(baked.scores)}, ${text(baked.saliency)}], {${feeds.join(', ')}})${about}`,
    'print(scores.argmax(), saliency.shape)  # saliency: float32 [1, H, W], 0 to 1',
    `np.save(${text(`${stemOf(picture)}.saliency.npy`)}, saliency)`,
  ].join('\n')}\n`;
}

/** The part of the picture that the network sees, as PIL cuts it. */
function resized({ size, resize, shortestEdge, stretchedSize, interpolation }: Preprocessing): string[] {
  const [height, width] = size;
  const filter = `Image.Resampling.${interpolation.toUpperCase()}`;
  if (resize === 'exact') {
    const [h, w] = stretchedSize ?? size;
    const whole = `image = image.resize((${w}, ${h}), ${filter})`;
    return h === height && w === width ? [whole] : [whole, ...cropped(width, height)];
  }
  const edge = shortestEdge ?? Math.round((Math.min(height, width) * 256) / 224);
  return [
    `image = image.resize([${edge} * side // min(image.size) for side in image.size], ${filter})`,
    ...cropped(width, height),
  ];
}

/** From the centre; black where the picture is smaller. */
const cropped = (width: number, height: number): string[] => [
  `start = lambda have, want: round((have - want) / 2) if have >= want else -((want - have) // 2)`,
  `left, top = start(image.width, ${width}), start(image.height, ${height})`,
  `image = image.crop((left, top, left + ${width}, top + ${height}))`,
];
