/** Notices: sentences about what was assumed. */
import type { Model, Tail } from '../onnx/model.js';
import type { Explainer } from './options.js';
import { ASSUMED_LABELS, type Settings } from './settings.js';

interface Opened {
  readonly layers: Explainer['layers'];
  readonly skipped: Explainer['skipped'];
  readonly scores: Pick<Explainer['scores'], 'remarks'>;
  readonly pictureObstacle?: string;
  readonly settings: Pick<Settings, 'known' | 'preprocessingSource' | 'labelsSource'>;
  readonly tail: Pick<Tail, 'kind'>;
  readonly labels?: readonly string[];
  /** Missing where it is unknown. */
  readonly classes?: number;
}

/**
 * All notices about an open model.
 * @param asked  Whether the user chose methods and layers: then nothing was assumed of them.
 */
export function noticesOf(
  model: Model,
  { layers, skipped = [], scores, pictureObstacle, settings, tail, labels, classes }: Opened,
  asked: { readonly methods: boolean; readonly layers: boolean },
): readonly string[] {
  const { name, notices } = model;
  return [
    ...notices,
    ...scores.remarks.map((remark) => `${name}: scores: ${remark}`),
    ...(settings.known || pictureObstacle !== undefined
      ? []
      : [
          `${name}: nothing says how pictures are prepared: using ${settings.preprocessingSource}. Give the option preprocessing where the model was trained otherwise.`,
        ]),
    ...(labels && classes !== undefined && labels.length !== classes
      ? [
          `${name}: labels: expected one per class (${classes}), got ${labels.length}: they may belong to another model.`,
        ]
      : []),
    ...(settings.labelsSource === ASSUMED_LABELS
      ? [`${name}: labels from ${ASSUMED_LABELS}. Give the option labels where it has other classes.`]
      : []),
    // In front of pooling and a linear layer, or as class maps, there is one possible layer.
    ...(asked.layers || tail.kind !== 'other'
      ? []
      : layers.map(({ reason }) => `${name}: target layer: ${reason} The option layers chooses another.`)),
    ...(asked.methods
      ? []
      : skipped.map(
          ({ method, reason }) =>
            `${name}: ${method} is left out, the maps do not depend on the class: ${reason}`,
        )),
  ];
}

const warn = (notice: string): void => console.warn(`onnx-cam: ${notice}`);

/** Calls `tell` with each notice once. */
export function tellNotices(notices: readonly string[], tell: (notice: string) => void = warn): void {
  for (const notice of new Set(notices)) tell(notice);
}
