import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Explanation } from '../../src/index.js';
import { readNpy } from '../../src/node/inputs/npy.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { families, familyPath, missing, referenceFolder } from '../data.js';
import { explainFamily, joined } from './family-run.js';

const reason = missing(join(referenceFolder, 'families'));
const cache = new Map<string, Promise<Explanation[]>>();

function explain(name: string, method: string, backend: 'wasm' | 'webgpu'): Promise<Explanation[]> {
  const group = method === 'score-cam' ? [method] : ['cam', 'info-cam', 'info-cam+', 'ablation-cam'];
  const key = `${name} ${group} ${backend}`;
  if (!cache.has(key)) cache.set(key, explainFamily(name, group, { backend }));
  return cache.get(key)!;
}

// Thousands of masks of a picture, made by a GPU that is a program: minutes, which a real one does not take.
const slow = ['squeezenet', 'mobilenet_v2'];

const cases = families.flatMap((name) =>
  ['cam', 'info-cam', 'info-cam+', 'score-cam', 'ablation-cam'].map((method) => [name, method] as const),
);

describe.skipIf(reason).each(backends)(`reference families on %s ${reason ?? ''}`, (backend) => {
  test.for(cases)('%s, %s: coarse map and saliency within 2e-3', async ([name, method], { skip }) => {
    const opened = await open(backend, skip);
    if (method === 'score-cam' && slow.includes(name) && /swiftshader|llvmpipe/i.test(opened.device))
      skip('on a software adapter the masks of so many channels take minutes');
    const explanations = await explain(name, method, backend);
    const maps = explanations.map((explanation) => explanation.maps[method]);
    const file = familyPath(name, `coarse/${method}.npy`);
    if (!existsSync(file)) {
      // No GAP and linear layer: the reference has no such map, and neither have we.
      expect(maps).toEqual([undefined, undefined, undefined]);
      return;
    }
    const coarse = await readNpy(file);
    const saliency = await readNpy(familyPath(name, `maps/${method}.npy`));
    const raw = joined(maps.map((map) => map.raw.data));
    expectClose(raw, coarse.data, coarse.shape, 2e-3);
    expectClose(joined(maps.map((map) => map.saliency)), saliency.data, saliency.shape, 2e-3);
  });
});

describe.skipIf(reason)(`closed forms ${reason ?? ''}`, () => {
  test.for(families)('%s: passes of the tail give the same ablation to 1e-4', async (name) => {
    const closed = await explain(name, 'ablation-cam', 'wasm');
    const passes = await explainFamily(name, ['ablation-cam'], { backend: 'wasm', closedForms: false });
    for (const [n, { maps }] of passes.entries()) {
      const { weights } = closed[n].maps['ablation-cam'];
      expectClose(maps['ablation-cam'].weights!, weights!, [weights!.length], 1e-4);
    }
  });
});
