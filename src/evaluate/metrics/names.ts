/** The sanity cascade compares many models, so it runs by itself. */
export const SANITY = 'sanity';

/** Names that `--metrics` takes: those of `allMetrics`, in the order of the table, and the cascade's. */
export const metricNames: readonly string[] = [
  'average-drop',
  'average-increase',
  'increase-in-confidence',
  'average-gain',
  'average-drop-multiply',
  'average-increase-multiply',
  'increase-in-confidence-multiply',
  'average-gain-multiply',
  'deletion',
  'insertion',
  'insertion-least-first',
  'road',
  'pointing-game',
  'energy-pointing-game',
  'gt-loc',
  'top1-loc',
  'max-box-acc',
  'max-box-acc-v2',
  'pxap',
  'mpxap',
  'remove-and-classify',
  'counterfactual',
  'dead-zone',
  SANITY,
];
