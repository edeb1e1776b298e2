import { printable } from '../../errors.js';
import { type MethodMetadata, namesByCost } from '../../methods/metadata.js';
import { formatShape } from '../../onnx/format-shape.js';
import type { Preprocessing } from '../../types.js';

/** What `inspect` reports about a model. */
export interface ModelFacts {
  readonly file: string;
  readonly bytes: number;
  readonly producer: string;
  readonly irVersion: number;
  readonly opset: number;
  readonly nodes: number;
  readonly inputs: readonly TensorFacts[];
  readonly outputs: readonly TensorFacts[];
  /** Tensors that can serve as the target layer, in graph order. */
  readonly layers: readonly LayerFacts[];
  /** What `--target` takes: `predicted`; of a model without class scores, what its outputs can answer. */
  readonly target: string;
  /**
   * The default target layer; several are joined by commas. `null` where there is none, and `reason` says
   * why.
   */
  readonly layer: string | null;
  readonly reason: string;
  /** `gap-linear`, `class-map` or `other`. */
  readonly tail: string | null;
  /**
   * The tensor that holds the class scores; `null` where there is none, and `reason` or `remarks` says why.
   */
  readonly scores: string | null;
  /** What turns the scores into probabilities. */
  readonly activation: 'softmax' | 'sigmoid' | 'none' | null;
  /** Sentences about the scores: which tensor was chosen, what is unusual. */
  readonly remarks: readonly string[];
  /** The tensor that holds the scores before a final normalisation. */
  readonly logits: string | null;
  /** The final normalisation of the graph, e.g. `Softmax`. */
  readonly normalisation: string | null;
  /**
   * How pictures become inputs, and the source of that; `null` where it is unknown, and a notice says why.
   */
  readonly preprocessing: Preprocessing | null;
  readonly preprocessingSource: string | null;
  /** In class order; `null` where there are none. */
  readonly labels: readonly string[] | null;
  readonly labelsSource: string | null;
  readonly notices: readonly string[];
  /** Every method; missing where the model has no target layer. */
  readonly methods?: readonly MethodFacts[];
}

export interface MethodFacts extends Pick<MethodMetadata, 'title' | 'cost'> {
  readonly name: string;
  /** True where the map does not depend on the class. */
  readonly classAgnostic: boolean;
  /** Why the model cannot serve the method; `null` where it can. */
  readonly obstacle: string | null;
}

export interface TensorFacts {
  readonly name: string;
  readonly type: string | null;
  /**
   * Symbolic dimensions are names, unknown ones `null`. The whole shape is `null` where the rank is unknown.
   */
  readonly shape: readonly (number | string | null)[] | null;
}

export interface LayerFacts extends TensorFacts {
  /** The operator that computes the tensor. */
  readonly operator: string;
  /** The layout of its values, such as `tokens 14 × 14 + 1`; `null` for `[n, K, h, w]`. */
  readonly layout: string | null;
  /** Why no gradient of the logit reaches the tensor; `null` where one does. */
  readonly gradientObstacle: string | null;
}

const tails: Readonly<Record<string, string>> = {
  'gap-linear': 'global average pooling, then one linear layer (gap-linear)',
  'class-map': 'class maps, then global average pooling (class-map)',
  other: 'neither pooling + linear nor class maps (other)',
};

const shapeText = (shape: TensorFacts['shape']): string => (shape ? formatShape(shape) : 'unknown shape');

/** Rows of cells as aligned columns. */
function table(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  const cells = rows.map((row) => row.map(printable));
  const widths = Array.from({ length: columns }, (_, i) =>
    cells.reduce((widest, row) => Math.max(widest, row[i]?.length ?? 0), 0),
  );
  return cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** How pictures become inputs, in one line. */
function pixels({ preprocessing, preprocessingSource }: ModelFacts): string {
  if (!preprocessing) return 'unknown';
  const { size, channels, scale = 1 / 255, mean, std } = preprocessing;
  const rounded = (values: readonly number[]) =>
    values.map((value) => Number(value.toPrecision(4))).join(' ');
  const top = Number((255 * scale).toPrecision(4));
  return `${size.join(' × ')} ${channels}, 0..${top}, mean ${rounded(mean)}, std ${rounded(std)}; from ${preprocessingSource}`;
}

/** The last layer of each size, and the default target layer. */
function shortList({ layers, layer }: ModelFacts): readonly LayerFacts[] {
  const gridOf = ({ shape, layout }: LayerFacts): string =>
    layout?.startsWith('tokens') ? layout : String(layout ? shape?.slice(1, 3) : shape?.slice(2));
  return layers.filter(
    (one, at) =>
      layer?.split(',').includes(one.name) ||
      !layers.slice(at + 1).some((later) => gridOf(later) === gridOf(one)),
  );
}

/** The methods that the model can serve, then the others by reason. */
function methodLines({ methods = [] }: ModelFacts): readonly string[] {
  const namesOf = (obstacle: string | null) =>
    methods.filter((one) => one.obstacle === obstacle).map(({ name }) => name);
  const served = namesByCost(methods.filter(({ obstacle }) => obstacle === null)).map(
    ({ cost, names }) => `${cost}: ${names.join(', ')}`,
  );
  const reasons = [...new Set(methods.flatMap(({ obstacle }) => obstacle ?? []))];
  return [
    ...(methods.length > 0 ? ['', served.length > 0 ? 'methods' : 'methods: none', ...served] : []),
    ...reasons.map((reason) => `not ${namesOf(reason).join(', ')}: ${reason}`),
  ].map(printable);
}

/**
 * The facts as a table for the terminal.
 * @param all  Lists every candidate layer, not only the last of each size.
 */
export function renderFacts(facts: ModelFacts, all = false): string {
  const listed = all ? facts.layers : shortList(facts);
  const hidden = facts.layers.length - listed.length;
  const described = (tensors: readonly TensorFacts[]): string =>
    tensors
      .map(({ name, type, shape }) => `${name} ${type ?? 'unknown type'} ${shapeText(shape)}`)
      .join('; ') || 'none';
  const withoutSoftmax =
    facts.activation === 'softmax' ? 'without softmax' : `without softmax (${facts.activation})`;
  const ends = facts.normalisation
    ? `in ${facts.normalisation}; its input "${facts.logits}" is the logit`
    : withoutSoftmax;
  const head = table([
    ['model', `${facts.file} (${(facts.bytes / 1e6).toFixed(1)} MB)`],
    [
      'made by',
      `${facts.producer || 'unknown'}, opset ${facts.opset}, IR ${facts.irVersion}, ${facts.nodes} nodes`,
    ],
    ['inputs', described(facts.inputs)],
    ['outputs', described(facts.outputs)],
    ['pixels', pixels(facts)],
    ['labels', facts.labels ? `${facts.labels.length} from ${facts.labelsSource}` : 'none'],
    ['scores', facts.scores === null ? 'none' : `${facts.scores}, the output that is explained`],
    ...(facts.target === 'predicted'
      ? []
      : [['target', `${facts.target} (--target): the output holds no class scores`]]),
    ['tail', facts.tail ? (tails[facts.tail] ?? facts.tail) : 'unknown'],
    ['ends', facts.scores === null ? 'unknown' : ends],
    ['layer', facts.layer ?? 'none'],
    ['because', facts.reason],
  ]);
  const layers = table(
    listed.map(({ name, operator, shape, layout, gradientObstacle }) => [
      facts.layer?.split(',').includes(name) ? '>' : ' ',
      name,
      operator,
      [shapeText(shape), layout].filter(Boolean).join(', '),
      gradientObstacle ? 'no gradient' : '',
    ]),
  );
  const obstacles = [...new Set(listed.map(({ gradientObstacle }) => gradientObstacle ?? ''))];
  const notices = [...facts.remarks.map((remark) => `scores: ${remark}`), ...facts.notices].map((notice) =>
    printable(`note: ${notice}`),
  );
  return [
    ...head,
    '',
    hidden > 0
      ? `candidate layers (the last of each size, --all lists ${facts.layers.length}; > is the one taken)`
      : `candidate layers (${layers.length}, > is the one taken)`,
    ...layers,
    ...obstacles.filter(Boolean).map((obstacle) => printable(`no gradient: ${obstacle}`)),
    ...methodLines(facts),
    ...notices,
    '',
  ].join('\n');
}
