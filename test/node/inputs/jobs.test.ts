import { beforeEach, expect, test, vi } from 'vitest';
import { batches, planJobs } from '../../../src/node/inputs/jobs.js';

const decoded: string[] = [];
const megapixels = new Map<string, number>();

vi.mock('../../../src/node/inputs/decode.js', async (original) => ({
  ...(await original<typeof import('../../../src/node/inputs/decode.js')>()),
  openPicture: async ({ path }: { path: string }) => {
    const size = megapixels.get(path) ?? 0;
    const decode = async () => {
      decoded.push(path);
      if (path.endsWith('odd.png')) throw new RangeError('Array buffer allocation failed');
      return { data: new Uint8Array(4), width: 1e3, height: 1e3 * size };
    };
    return { pixels: 1e6 * size, decode };
  },
}));

const inputs = (sizes: readonly number[]) =>
  sizes.map((size, i) => {
    megapixels.set(`${i}.png`, size);
    return { kind: 'picture' as const, path: `${i}.png`, stem: String(i) };
  });

beforeEach(() => {
  decoded.length = 0;
  megapixels.clear();
});

// 50-megapixel pictures: five of them decoded at once would be a gigabyte.
test.each([
  ['large pictures one at a time', [50, 50, 50, 50, 50, 50], 2],
  ['middling ones up to 16 megapixels ahead', [7, 7, 7, 7, 7, 7], 4],
  ['small ones a few ahead', [1, 1, 1, 1, 1, 1, 1, 1], 6],
])('decodes ahead: %s', async (_, sizes, most) => {
  const ahead = batches(planJobs(inputs(sizes), ['predicted']), 1);
  const { value } = await ahead.next();
  expect(value).toMatchObject([{ job: { input: { path: '0.png' } } }]);
  expect(decoded.length).toBeLessThanOrEqual(most);
  let rest = 0;
  for await (const batch of ahead) rest += batch.length;
  expect(rest).toBe(sizes.length - 1);
});

test('what nobody foresaw while decoding ahead is one picture’s own', async () => {
  const odd = { kind: 'picture' as const, path: 'odd.png', stem: 'odd' };
  const found = [];
  for await (const batch of batches(planJobs([...inputs([1]), odd], ['predicted']), 1)) found.push(...batch);
  expect(found).toMatchObject([
    { source: {} },
    { error: 'unexpected error: RangeError: Array buffer allocation failed' },
  ]);
});
