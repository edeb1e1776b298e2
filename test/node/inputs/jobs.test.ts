import { beforeEach, expect, test, vi } from 'vitest';
import { type Loaded, planJobs, portions } from '../../../src/node/inputs/jobs.js';

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
  ['large pictures come one at a time', [50, 50, 50, 50, 50, 50], 1, 2],
  ['middling ones up to 16 megapixels at a time, and as many ahead', [7, 7, 7, 7, 7, 7], 2, 4],
  ['small ones all together', [1, 1, 1, 1, 1, 1, 1, 1], 8, 8],
])('%s', async (_, sizes, first, most) => {
  const ahead = portions(planJobs(inputs(sizes), ['predicted']));
  const { value } = await ahead.next();
  expect((value ?? []).map(({ job }: Loaded) => job.index)).toEqual(
    Array.from({ length: first }, (_, i) => i),
  );
  expect(decoded.length).toBeLessThanOrEqual(most);
  let rest = 0;
  for await (const portion of ahead) rest += portion.length;
  expect(rest).toBe(sizes.length - first);
});

test('an unexpected error while decoding ahead concerns one picture', async () => {
  const odd = { kind: 'picture' as const, path: 'odd.png', stem: 'odd' };
  const found = [];
  for await (const portion of portions(planJobs([...inputs([1]), odd], ['predicted'])))
    found.push(...portion);
  expect(found).toMatchObject([
    { source: {} },
    { error: 'unexpected error: RangeError: Array buffer allocation failed' },
  ]);
});
