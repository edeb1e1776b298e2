import {
  type Box,
  type BoxFit,
  boxFit,
  boxThresholds,
  energyPointingGame,
  gtLoc,
  maxBoxAccuracy,
  maxBoxAccuracyV2,
  type Outcome,
  pointingGame,
  type Region,
  top1Loc,
} from '../../metrics/index.js';
import type { Truth } from '../data-set.js';
import { type Case, defineMetric, type Metric, measured } from '../metric.js';
import { meanVerdict, outcomes, present, spread, wholeCell } from '../verdicts.js';

const rounded = (values: readonly number[] | undefined): number[] | undefined =>
  values?.map((value) => Number(value.toPrecision(9)));

function hitMetric(
  name: string,
  title: string,
  needs: Metric['needs'],
  about: string,
  measure: (of: Case, where: { readonly region: Region; readonly boxes: readonly Box[] }) => Outcome,
): Metric {
  return defineMetric<Outcome>({
    name,
    group: 'object',
    about,
    needs,
    columns: [{ id: name, title, unit: '%', better: 'higher', digits: 1 }],
    probe(of) {
      const region = regionOf(of.picture.truth);
      if (!region || !has(of, needs)) return undefined;
      return measured(() => measure(of, { region, boxes: of.picture.truth.boxes ?? [] }));
    },
    verdict: (evidence, { seed }) =>
      meanVerdict(evidence, { [name]: outcomes<Outcome>((outcome) => outcome) }, seed, 100),
  });
}

const has = ({ picture: { truth } }: Case, needs: Metric['needs']): boolean =>
  needs.every((need) => need === 'unseen' || truth[need] !== undefined);

/** The object's boxes, else its mask. */
export const regionOf = ({ boxes, mask }: Truth): Region | undefined => boxes ?? mask;

function boxMetric(
  name: string,
  title: string,
  about: string,
  components: 'largest' | 'all',
  accuracy: (fits: readonly BoxFit[]) => number | undefined,
): Metric {
  return defineMetric<BoxFit>({
    name,
    group: 'object',
    about,
    needs: ['boxes'],
    columns: [{ id: name, title, unit: '%', better: 'higher', digits: 1 }],
    axis: { x: 'threshold, share of the maximum', y: 'box accuracy at IoU 0.5' },
    probe: ({ trueMap, picture }) =>
      picture.truth.boxes &&
      measured(() => {
        const { ious, note } = boxFit(trueMap, picture.truth.boxes ?? [], { components });
        return { ious: rounded(ious), note };
      }),
    verdict(evidence, { seed }) {
      const fits = present(evidence);
      const half = maxBoxAccuracy(fits);
      const notes = { ...half.figure.notes };
      const missing = evidence.length - fits.length;
      if (missing > 0) notes['no annotation'] = (notes['no annotation'] ?? 0) + missing;
      return {
        cells: { [name]: wholeCell(fits, accuracy, { count: half.figure.count, notes }, seed, 100) },
        // The value of one picture: whether its box is right at IoU 0.5 and the best threshold for the whole
        // data set.
        rows: { [name]: spread(evidence, half.figure.values).map((hit) => hit && 100 * hit) },
        line: half.curve.length > 0 ? { x: boxThresholds, y: half.curve } : undefined,
      };
    },
  });
}

/** Does the map lie on the object? All of these measure the map of the true class. */
export const localisationMetrics: readonly Metric[] = [
  hitMetric(
    'pointing-game',
    'pointing game',
    ['boxes'],
    'Share of pictures whose highest value lies on the object.',
    ({ trueMap }, { region }) => pointingGame(trueMap, region),
  ),
  hitMetric(
    'energy-pointing-game',
    'energy pointing game',
    ['boxes'],
    "Share of the map's sum that lies on the object.",
    ({ trueMap }, { region }) => energyPointingGame(trueMap, region),
  ),
  hitMetric(
    'gt-loc',
    'GT-Loc',
    ['boxes'],
    "Share of pictures whose box (at 20 % of the maximum) meets an object's with IoU ≥ 0.5.",
    ({ trueMap }, { boxes }) => gtLoc(trueMap, boxes),
  ),
  hitMetric(
    'top1-loc',
    'Top-1 Loc',
    ['boxes', 'label'],
    'GT-Loc where the model also names the right class.',
    ({ trueMap, picture: { predicted, truth } }, { boxes }) =>
      top1Loc(trueMap, boxes, { predicted, label: truth.label ?? predicted }),
  ),
  boxMetric(
    'max-box-acc',
    'MaxBoxAcc',
    'Box accuracy at IoU 0.5, at the one threshold that is best for the data set.',
    'largest',
    (fits) => maxBoxAccuracy(fits).value,
  ),
  boxMetric(
    'max-box-acc-v2',
    'MaxBoxAccV2',
    'Mean over IoU 0.3, 0.5, 0.7 of the box accuracy at the best threshold each, best box of all components.',
    'all',
    (fits) => maxBoxAccuracyV2(fits).value,
  ),
];
