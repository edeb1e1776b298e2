/**
 * Hugging Face's image processors of classifiers, by class: their defaults for fields that a file leaves out,
 * and where they resize in their own way. Taken from the classes' sources in `transformers`.
 */

type Three = readonly [number, number, number];

export interface Processor {
  /** The class's name without `ImageProcessor`, `FeatureExtractor`, `Fast`, `Pil`. */
  readonly name: string;
  /** Whether a `size` of one number means both edges. Otherwise it means one edge. */
  readonly square: boolean;
  readonly size: number;
  readonly crop?: number;
  readonly resample: 0 | 2 | 3;
  /** Missing where the class never normalises. */
  readonly mean?: Three;
  readonly std?: Three;
  /** Swaps red and blue at the end. */
  readonly flips?: true;
  /** Divides by the standard deviation once more. */
  readonly includesTop?: true;
  /** How the shorter edge follows from `size`. Where missing, the shorter edge is `size`. */
  readonly edge?: 'crop-pct' | 'crop-pct below 384' | '256/224';
  readonly cropPct?: number;
}

const HALF: Three = [0.5, 0.5, 0.5];
const standard = { mean: HALF, std: HALF };
const imageNet = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;
const clip = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;

const toSquare = (name: string, size: number, resample: 0 | 2 | 3, rest: Partial<Processor>): Processor => ({
  ...{ name, square: true, size, resample },
  ...rest,
});

const toEdge = (name: string, size: number, resample: 0 | 2 | 3, rest: Partial<Processor>): Processor => ({
  ...{ name, square: false, size, resample },
  ...rest,
});

const known: readonly Processor[] = [
  toSquare('ViT', 224, 2, standard),
  toSquare('DeiT', 256, 3, { ...standard, crop: 224 }),
  toSquare('Beit', 256, 3, { ...standard, crop: 224 }),
  toSquare('EfficientNet', 346, 0, { ...standard, includesTop: true }),
  toSquare('EfficientFormer', 224, 3, { ...imageNet, crop: 224 }),
  toSquare('Pvt', 224, 2, imageNet),
  toSquare('Segformer', 512, 2, imageNet),
  toSquare('Siglip', 224, 3, standard),
  toSquare('DINOv3ViT', 224, 2, imageNet),
  toEdge('Bit', 224, 3, { ...clip, crop: 224 }),
  toEdge('CLIP', 224, 3, { ...clip, crop: 224 }),
  toEdge('ConvNext', 384, 3, { ...standard, edge: 'crop-pct below 384', cropPct: 224 / 256 }),
  toEdge('Levit', 224, 3, { ...imageNet, crop: 224, edge: '256/224' }),
  toEdge('MobileNetV1', 256, 2, { ...standard, crop: 224 }),
  toEdge('MobileNetV2', 256, 2, { ...standard, crop: 224 }),
  toEdge('MobileViT', 224, 2, { crop: 256, flips: true }),
  toEdge('PoolFormer', 224, 3, { ...imageNet, crop: 224, edge: 'crop-pct', cropPct: 0.9 }),
];

const byName = new Map(known.map((processor) => [processor.name, processor]));

/** Classes that change pictures in ways that no field describes. */
const apart: ReadonlyMap<string, string> = new Map([
  ['Perceiver', 'crops before it resizes'],
  ['ImageGPT', 'feeds clusters of colours'],
  ['GLPN', 'rounds sizes down to multiples of 32'],
  ['Vivit', 'prepares videos'],
  ['VideoMAE', 'prepares videos'],
]);

const shortName = (type: string): string =>
  type.replace(/(Fast|Pil)$/, '').replace(/(ImageProcessor|FeatureExtractor)$/, '');

/**
 * What is known of the class that a file names. `undefined` for other classes: their fields are read by name
 * alone.
 */
export const processorOf = (type: string): Processor | undefined => byName.get(shortName(type));

/** Why a class cannot be followed. */
export const whyApart = (type: string): string | undefined => apart.get(shortName(type));

/** Whether this class reads `null` as its default. The other classes read it as `false`. */
export const fillsNull = (type: string): boolean => type.endsWith('Fast');
