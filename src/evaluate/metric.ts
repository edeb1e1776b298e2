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

/** What all methods share of one picture. */
export class PictureCase {
  private readonly orders = new Map<string, PixelOrder>();
  private blurBase: Baseline | undefined;

  constructor(
    /** What the network is fed, `[C, H, W]`. */
    readonly tensor: InputTensor,
    /**
     * The class with the highest score; of which maps are explained and scores taken, unless a metric asks
     * for the true class.
     */
    readonly predicted: number,
    /** In the pixels of the input. */
    readonly truth: Truth,
    /** Decides what is random about this picture. */
    readonly seed: number,
  ) {}

  get size(): Plane['shape'] {
    const [, height, width] = this.tensor.shape;
    return [height, width];
  }

  /** Pixels by saliency, sorted once for all metrics. `name` tells the map from others of this picture. */
  order(map: Plane, direction: Direction, name: string): PixelOrder {
    const key = `${name} ${direction}`;
    const order = this.orders.get(key) ?? pixelOrder(map, direction, name);
    this.orders.set(key, order);
    return order;
  }

  /** The picture blurred beyond recognition, made once. */
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

/** One picture and one method: what a metric looks at. */
export interface Case {
  readonly picture: PictureCase;
  /** The map of the predicted class. */
  readonly map: NamedMap;
  /** The map of the true class; of the predicted one where the true one is not known. */
  readonly trueMap: NamedMap;
  /** Maps before ReLU, of the picture's class and of the other one, for each cue of the truth. */
  readonly cues: readonly { readonly class: number; readonly own: Plane; readonly other: Plane }[];
  /**
   * Channel weights of the predicted class, and those after the object was replaced; where the method has
   * any.
   */
  readonly weights?: { readonly before: Float32Array; readonly after: Float32Array };
  readonly classAgnostic: boolean;
}

/** A column of the table. */
export interface Column {
  readonly id: string;
  readonly title: string;
  readonly unit: '%' | '';
  /** Which end is good; missing where neither is. */
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
  /** How many carry each note. */
  readonly notes: Figure['notes'];
}

/** A line to draw. */
export interface Line {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** What a metric says of one method over the data set. */
export interface Verdict {
  /** By column. */
  readonly cells: Readonly<Record<string, Cell>>;
  /** By column, one value per picture; only of columns that have one. */
  readonly rows: Readonly<Record<string, readonly (number | undefined)[]>>;
  readonly line?: Line;
}

/** What the journal keeps of one picture, method and metric: plain JSON. */
export type Evidence = unknown;

export interface VerdictContext {
  readonly seed: number;
  /** What is known of a picture, in the pixels of the input. */
  readonly truth: (picture: number) => Promise<Truth>;
  /** The saliency of the true class, made again from what was kept. */
  readonly trueMap: (picture: number) => Plane;
}

export const metricGroups = {
  cut: 'Score on the image cut at half of the saliency',
  multiplied: 'Score on the image multiplied by the saliency',
  curves: 'Score while pixels come and go',
  object: 'Does the map lie on the object?',
  removal: 'Accuracy without the most salient pixels',
  model: 'What the map knows of the model',
} as const;

export type MetricGroup = keyof typeof metricGroups;

/** A figure: what it needs, the copies of a picture it scores, and what its evidence adds up to. */
export interface Metric {
  readonly name: string;
  /** What it is shown together with. */
  readonly group: MetricGroup;
  /** A sentence: what it measures, for people. */
  readonly about: string;
  readonly needs: readonly (Knowledge | 'unseen')[];
  /** Whether it looks at channel weights before and after the object was replaced. */
  readonly counterfactual?: boolean;
  readonly columns: readonly Column[];
  /**
   * What the axes of its line are, where it draws one. The title is that of its first column, unless it says
   * otherwise.
   */
  readonly axis?: { readonly x: string; readonly y: string; readonly title?: string };
  /** `undefined` where it is not defined for the picture. */
  probe(of: Case): Probe<Evidence> | undefined;
  /** @param evidence  One entry per picture; missing where there was no probe. */
  verdict(evidence: readonly Evidence[], context: VerdictContext): Promise<Verdict> | Verdict;
}

/** The same with the evidence's type, which only the metric itself knows. */
export interface TypedMetric<E> extends Omit<Metric, 'probe' | 'verdict'> {
  probe(of: Case): Probe<E> | undefined;
  verdict(evidence: readonly (E | undefined)[], context: VerdictContext): Promise<Verdict> | Verdict;
}

/**
 * A metric whose evidence goes through the journal: what comes back is what its probe gave, so its type is
 * known here and nowhere else.
 */
export function defineMetric<E>(metric: TypedMetric<E>): Metric {
  return {
    ...metric,
    verdict: (evidence, context) => metric.verdict(evidence as readonly (E | undefined)[], context),
  };
}

/** A probe without passes: the figure follows from the map alone. */
export const measured = <E>(measure: () => E): Probe<E> => ({ passes: () => [], result: measure });

/** How many pictures have no evidence, under the note that says so. */
export function withMissing(notes: Figure['notes'], missing: number): Partial<Record<Note, number>> {
  return missing === 0 ? notes : { ...notes, 'no annotation': (notes['no annotation'] ?? 0) + missing };
}
