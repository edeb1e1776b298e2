import { expect, test } from 'vitest';
import { allMetrics } from '../../src/evaluate/metrics/index.js';
import { metricNames, SANITY } from '../../src/evaluate/metrics/names.js';

test('the names that --metrics takes are those of the metrics', () => {
  expect(metricNames).toEqual([...allMetrics().map(({ name }) => name), SANITY]);
});
