// Preprocessing of a picture: plain JavaScript against the package's WebAssembly. The answers are compared
// first, then CPU time of one picture, in turn. The lower bound beside them is the cost of copying the
// picture in and the results out.
import { afterAll, expect, test } from 'vitest';
import { preprocess } from '../src/image/index.js';
import type { Picture, Preprocessing } from '../src/types.js';
import { preprocess as javascript } from '../test/image/preprocess-javascript.js';
import { generator } from '../test/random.js';
import { inTurn } from './in-turn.js';
import { publishTable } from './publish.js';

const CALLS = 20;

/**
 * Gradients and a little noise, opaque. It costs as much as a photograph: the cost does not depend on the
 * content.
 */
function photograph(width: number, height: number): Picture {
  const next = generator(width);
  const data = new Uint8Array(width * height * 4);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) data[4 * p + c] = (p % width) / 4 + c * 30 + next() * 40;
    data[4 * p + 3] = 255;
  }
  return { data, width, height };
}

const base = {
  interpolation: 'bilinear',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  channels: 'RGB',
} as const satisfies Partial<Preprocessing>;

const cases: readonly (readonly [
  name: string,
  width: number,
  height: number,
  preprocessing: Preprocessing,
])[] = [
  ['500 × 375 to 256, cropped to 224', 500, 375, { ...base, size: [224, 224], resize: 'shortest' }],
  [
    '500 × 375 to 256, cropped to 224, bicubic',
    500,
    375,
    { ...base, size: [224, 224], resize: 'shortest', interpolation: 'bicubic' },
  ],
  ['128 × 128 as it is', 128, 128, { ...base, size: [128, 128], resize: 'exact' }],
  ['4000 × 3000 to 256, cropped to 224', 4000, 3000, { ...base, size: [224, 224], resize: 'shortest' }],
];

const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));
const rows: string[][] = [];
afterAll(() => {
  const head = ['picture', 'JavaScript', 'WebAssembly', 'into an existing array', 'copying in and out alone'];
  publishTable('preprocess', head, rows);
});

test.for(cases)('preprocess: %s', async ([name, width, height, preprocessing]) => {
  const picture = photograph(width, height);
  const want = javascript(picture, preprocessing);
  const got = preprocess(picture, preprocessing);
  expect(got).toEqual(want);

  const into = new Float32Array(want.tensor.length);
  const grays = new Uint8Array(want.gray.length);
  const inside = new Uint8Array(picture.data.length);
  const outside = { tensor: want.tensor.slice(), gray: want.gray.slice() };
  const calls = width > 1000 ? 1 : CALLS;
  const times = (run: () => void) => async () => {
    for (let i = 0; i < calls; i++) run();
  };
  const found = await inTurn({
    javascript: times(() => javascript(picture, preprocessing)),
    wasm: times(() => preprocess(picture, preprocessing)),
    'wasm, into': times(() => preprocess(picture, preprocessing, into)),
    copies: times(() => {
      inside.set(picture.data);
      into.set(outside.tensor);
      grays.set(outside.gray);
    }),
  });
  const ms = (time: number) => `${digits(time / calls)} ms`;
  rows.push([name, ...[found.javascript, found.wasm, found['wasm, into'], found.copies].map(ms)]);
});
