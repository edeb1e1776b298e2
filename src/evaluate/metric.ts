import {
  type Baseline,
  blurBaseline,
  type Direction,
  type Figure,
  type Note,
  type PixelOrder,
  type Plane,
  type Probe,
  pixelOrder,
} from '../metrics/index.js';
import type { InputTensor } from '../types.js';
import type { Knowledge, Truth } from './data-set.js';

/** The parts of one picture's evaluation that all methods share. */
export class PictureCase {
  private readonly orders = new Map<string, PixelOrder>();
  private blurBase: Baseline | undefined;

  constructor(
    /** The network's input, `[C, H, W]`. */
    readonly tensor: InputTensor,
    /**
     * The class with the highest score. Maps explain it and scores are its probabilities, unless a metric
     * asks for the true class.
     */
    readonly predicted: number,
    /** In the pixels of the input. */
    readonly truth: Truth,
    /** Seeds all random choices for this picture. */
    readonly seed: number,
  ) {}

  get size(): Plane['shape'] {
    const [, height, width] = this.tensor.shape;
    return [height, width];
  }

  /**
   * Pixels by saliency, sorted once for all metrics. `name` identifies the map among those of this picture.
   */
  order(map: Plane, direction: Direction, name: string): PixelOrder {
    const key = `${name} ${direction}`;
    const order = this.orders.get(key) ?? pixelOrder(map, direction, name);
    this.orders.set(key, order);
    return order;
  }

  /** The picture blurred beyond recognition, computed once. */
  get blurred(): Baseline {
    this.blurBase ??= blurBaseline(this.tensor);
    return this.blurBase;
  }
}

/** A map and its name among the maps of its picture. */
export interface NamedMap extends Plane {
  readonly name: string;
  readonly data: Float32Array;
}

/** One picture and one method: what a metric measures. */
export interface Case {
  readonly picture: PictureCase;
  /** The map of the predicted class. */
  readonly map: NamedMap;
  /** The map of the true class, or of the predicted class where the true one is not known. */
  readonly trueMap: NamedMap;
  /** For each cue of the ground truth: maps before ReLU, of the picture's class and of the other class. */
  readonly cues: readonly { readonly class: number; readonly own: Plane; readonly other: Plane }[];
  /**
   * Channel weights of the predicted class before and after the object was replaced, if the method has
   * weights.
   */
  readonly weights?: { readonly before: Float32Array; readonly after: Float32Array };
  readonly classAgnostic: boolean;
}

/** A column of the table. */
export interface Column {
  readonly id: string;
  readonly title: string;
  readonly unit: '%' | '';
  /** Which direction is better; missing where neither is. */
  readonly better?: 'higher' | 'lower';
  /** Decimals worth showing. */
  readonly digits: number;
}

/** A figure of one method over the data set. */
export interface Cell {
  /** Missing where no picture has a value. */
  readonly value?: number;
  /** Standard error by bootstrap. */
  readonly error?: number;
  /** Pictures (or pairs of classes) that have a value. */
  readonly count: number;
  /** How many pictures carry each note. */
  readonly notes: Figure['notes'];
}

/** A line of a plot. */
export interface Line {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The result of a metric for one method over the data set. */
export interface Verdict {
  /** By column. */
  readonly cells: Readonly<Record<string, Cell>>;
  /** By column, one value per picture; only columns with a value per picture. */
  readonly rows: Readonly<Record<string, readonly (number | undefined)[]>>;
  readonly line?: Line;
}

/** What the journal keeps of one picture, method and metric: plain JSON. */
export type Evidence = unknown;

export interface VerdictContext {
  readonly seed: number;
  /** The ground truth of a picture, in the pixels of the input. */
  readonly truth: (picture: number) => Promise<Truth>;
  /** The saliency of the true class, recomputed from the stored map. */
  readonly trueMap: (picture: number) => Plane;
}

export const metricGroups = {
  cut: 'Score on the image cut at half of the saliency',
  multiplied: 'Score on the image multiplied by the saliency',
  curves: 'Score while pixels are removed or shown',
  object: 'Does the map lie on the object?',
  removal: 'Accuracy without the most salient pixels',
  model: 'How the map depends on the model',
} as const;

export type MetricGroup = keyof typeof metricGroups;

/**
 * A metric: the ground truth it needs, the copies of a picture it scores, and how it sums up the evidence.
 */
export interface Metric {
  readonly name: string;
  /** The group in which it is shown. */
  readonly group: MetricGroup;
  /** One sentence for people: what it measures. */
  readonly about: string;
  readonly needs: readonly (Knowledge | 'unseen')[];
  /** Whether it compares channel weights before and after the object was replaced. */
  readonly counterfactual?: boolean;
  readonly columns: readonly Column[];
  /** The axes of its line, if it draws one. The default title is that of its first column. */
  readonly axis?: { readonly x: string; readonly y: string; readonly title?: string };
  /** `undefined` where it is not defined for the picture. */
  probe(of: Case): Probe<Evidence> | undefined;
  /** @param evidence  One entry per picture; `undefined` where there was no probe. */
  verdict(evidence: readonly Evidence[], context: VerdictContext): Promise<Verdict> | Verdict;
}

/** The same, with the type of the evidence: only the metric itself knows it. */
export interface TypedMetric<E> extends Omit<Metric, 'probe' | 'verdict'> {
  probe(of: Case): Probe<E> | undefined;
  verdict(evidence: readonly (E | undefined)[], context: VerdictContext): Promise<Verdict> | Verdict;
}

/**
 * A metric whose evidence goes through the journal. What is read back is what its probe gave, so the type is
 * known here, and only here.
 */
export function defineMetric<E>(metric: TypedMetric<E>): Metric {
  return {
    ...metric,
    verdict: (evidence, context) => metric.verdict(evidence as readonly (E | undefined)[], context),
  };
}

/** A probe without passes: the figure follows from the map alone. */
export const measured = <E>(measure: () => E): Probe<E> => ({ passes: () => [], result: measure });

/** Adds to the notes how many pictures have no evidence. */
export function withMissing(notes: Figure['notes'], missing: number): Partial<Record<Note, number>> {
  return missing === 0 ? notes : { ...notes, 'no annotation': (notes['no annotation'] ?? 0) + missing };
}
