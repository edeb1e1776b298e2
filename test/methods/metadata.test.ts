import { expect, test } from 'vitest';
import { type Method, methods } from '../../src/index.js';
import { methodCosts, namesByCost } from '../../src/methods/metadata.js';

const all = Object.values(methods).map((make) => make());

test('each method has a title of its own, a formula, and a cost that its needs bear out', () => {
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
  for (const { name, title, formula, cost, ...method } of all) {
    expect(title.toLowerCase().replaceAll(/[^a-z+]/g, ''), name).toContain(name.split('-')[0]);
    expect(formula, name).not.toMatch(/\n|^$/);
    const needs: readonly string[] = method.needs;
    const runs = 'probe' in method && needs.some((need) => need !== 'activations');
    expect(cost, name).toBe(runs ? 'many passes' : needs.includes('gradients') ? 'gradient' : 'one pass');
  }
});

test('by cost, each name once; a method of somebody else need not say its cost', () => {
  const groups = namesByCost([...all, { name: 'own' }]);
  expect(groups.map(({ cost }) => cost)).toEqual([...methodCosts, undefined]);
  expect(groups.flatMap(({ names }) => names).sort()).toEqual([...all.map(({ name }) => name), 'own'].sort());
});

test('a gradient method that gives weights says whether they are averages', () => {
  const base = { name: 'own', needs: ['activations', 'gradients'], classAgnostic: false } as const;
  const weighted: Method<'activations' | 'gradients'>['map'] = (k, { activations, gradients }) => {
    const weights = k.spatialMean(gradients);
    return { map: k.weightedSum(activations, weights), weights };
  };
  // @ts-expect-error it does not
  const silent: Method<'activations' | 'gradients'> = { ...base, map: weighted };
  const saying: Method<'activations' | 'gradients'> = { ...base, averages: true, map: weighted };
  const without: Method<'activations' | 'gradients'> = {
    ...base,
    map: (k, { activations }) => ({ map: k.channelSum(activations) }),
  };
  expect([silent, saying, without].map(({ averages }) => averages)).toEqual([undefined, true, undefined]);
});
