import { type Curve, deletion, insertion, type Road, road } from '../../metrics/index.js';
import { defineMetric, type Line, type Metric, type TypedMetric } from '../metric.js';
import { meanVerdict, outcomes, present } from '../verdicts.js';

/** The mean of the pictures' curves. All have the same fractions. */
function meanLine(curves: readonly Curve[]): Line | undefined {
  if (curves.length === 0) return undefined;
  const [{ fractions }] = curves;
  return {
    x: fractions,
    y: fractions.map((_, i) => curves.reduce((sum, { scores }) => sum + scores[i], 0) / curves.length),
  };
}

function curveMetric(
  name: string,
  title: string,
  better: 'higher' | 'lower',
  x: string,
  about: string,
  probe: TypedMetric<Curve>['probe'],
): Metric {
  return defineMetric<Curve>({
    name,
    about,
    group: 'curves',
    needs: [],
    columns: [{ id: name, title, unit: '', better, digits: 3 }],
    axis: { x, y: 'probability' },
    probe,
    verdict: (evidence, { seed }) => ({
      ...meanVerdict(evidence, { [name]: outcomes<Curve>(({ auc }) => ({ value: auc })) }, seed),
      line: meanLine(present(evidence)),
    }),
  });
}

/** Curves over the share of pixels, `steps` steps each. */
export const curveMetrics = (steps: number): readonly Metric[] => [
  curveMetric(
    'deletion',
    'deletion',
    'lower',
    'share of pixels removed',
    'Area under the score while pixels are set to 0, most salient first.',
    ({ picture, map }) => deletion(picture.tensor, picture.order(map, 'most-first', map.name), { steps }),
  ),
  curveMetric(
    'insertion',
    'insertion',
    'higher',
    'share of pixels shown',
    'Area under the score while pixels are shown on a blank image, most salient first.',
    ({ picture, map }) => insertion(picture.tensor, picture.order(map, 'most-first', map.name), { steps }),
  ),
  curveMetric(
    'insertion-least-first',
    'insertion, least first',
    'lower',
    'share of pixels shown',
    'Area under the score while pixels are shown on a blank image, least salient first (MI-CAM, Table 2).',
    ({ picture, map }) => insertion(picture.tensor, picture.order(map, 'least-first', map.name), { steps }),
  ),
];

type RoadMeans = Pick<Road, 'morf' | 'lerf' | 'combined'>;

/** ROAD. Its evidence is the three means, without the scores. */
export const roadMetric: Metric = defineMetric<RoadMeans>({
  name: 'road',
  group: 'curves',
  about:
    'Change of the score when pixels are imputed from their neighbours: with the least relevant pixels less with the most relevant, halved (ROAD).',
  needs: [],
  columns: [
    { id: 'road', title: 'ROAD', unit: '', better: 'higher', digits: 3 },
    { id: 'road-morf', title: 'ROAD, most relevant', unit: '', better: 'lower', digits: 3 },
    { id: 'road-lerf', title: 'ROAD, least relevant', unit: '', better: 'higher', digits: 3 },
  ],
  probe({ picture, map }) {
    const probe = road(
      picture.tensor,
      picture.order(map, 'most-first', map.name),
      picture.order(map, 'least-first', map.name),
      { seed: picture.seed },
    );
    return {
      passes: () => probe.passes(),
      result(scores) {
        const { morf, lerf, combined } = probe.result(scores);
        return { morf, lerf, combined };
      },
    };
  },
  verdict: (evidence, { seed }) =>
    meanVerdict(
      evidence,
      {
        road: outcomes(({ combined }) => ({ value: combined })),
        'road-morf': outcomes(({ morf }) => ({ value: morf })),
        'road-lerf': outcomes(({ lerf }) => ({ value: lerf })),
      },
      seed,
    ),
});
