import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compare, renderComparison } from '../../../src/node/bench/compare.js';
import { type BenchReport, FORMAT, readReport } from '../../../src/node/bench/report.js';
import type { Row } from '../../../src/node/bench/row.js';
import type { Timing } from '../../../src/node/bench/sampling.js';
import { render } from '../../../src/node/bench/table.js';
import { runProgram } from '../fake.js';
import { temporaryFolder } from '../folder.js';

const timing = (median: number, spread = 0.1): Timing => ({
  clock: 'cpu',
  median,
  low: median * (1 - spread),
  high: median * (1 + spread),
  runs: 9,
});

const kernel = (name: string, median: number, plain = 10): Row => ({
  group: 'kernel',
  name,
  size: '2×2',
  against: ['plain JavaScript'],
  time: timing(median),
  baselines: { 'plain JavaScript': timing(plain) },
});

const wrong = (name: string): Row => ({
  ...kernel(name, 1),
  time: undefined,
  baselines: {},
  wrong: '1 of 4 values differ',
});

const report = (rows: readonly Row[], change: Partial<BenchReport> = {}): BenchReport => ({
  format: FORMAT,
  version: '1.0.0',
  date: '2026-11-20T12:00:00.000Z',
  machine: {
    cpu: 'A',
    cores: 2,
    system: 'linux 6 x64',
    node: 'v20.0.0',
    backend: 'wasm',
    device: 'WebAssembly SIMD',
    threads: 1,
  },
  complete: true,
  rows,
  leftOut: [],
  ...change,
});

const before = report([
  kernel('same', 4),
  kernel('fast', 4),
  kernel('slow', 4),
  kernel('gone', 4),
  wrong('mended'),
  wrong('bad'),
  kernel('broken', 4),
]);
const now = report(
  [
    kernel('same', 4.4, 11),
    kernel('fast', 2, 11),
    kernel('slow', 8, 11),
    kernel('new', 1),
    kernel('mended', 1),
    wrong('bad'),
    wrong('broken'),
  ],
  { version: '1.1.0' },
);

describe('compare', () => {
  const found = compare(now, before);

  test('a change needs spreads that do not overlap', () => {
    expect(found.changes.map(({ row, ratio, verdict }) => [row.name, ratio, verdict])).toEqual(
      [
        ['same', 1.1, 'within the spread'],
        ['fast', 0.5, 'faster'],
        ['slow', 2, 'slower'],
        ['mended', undefined, 'right now'],
        ['bad', undefined, 'wrong as before'],
        ['broken', undefined, 'wrong now'],
      ].map(([name, ratio, verdict]) => [
        name,
        typeof ratio === 'number' ? expect.closeTo(ratio) : ratio,
        verdict,
      ]),
    );
  });

  test('rows that only one report has are named, and the baselines show the machine’s speed', () => {
    expect([found.onlyNew, found.onlyOld].map((rows) => rows.map(({ name }) => name))).toEqual([
      ['new'],
      ['gone'],
    ]);
    expect(found.drift).toBeCloseTo(1.1);
  });

  test('WebAssembly is no baseline of the machine: it is what versions change', () => {
    const gpu = (wasm: number): BenchReport =>
      report([{ ...kernel('a', 1), baselines: { 'plain JavaScript': timing(5), wasm: timing(wasm) } }]);
    expect(compare(gpu(9), gpu(1)).drift).toBe(1);
  });

  test('times of two clocks do not make a drift', () => {
    const wall: BenchReport = report([
      { ...kernel('a', 1), baselines: { 'plain JavaScript': { ...timing(50), clock: 'wall' } } },
    ]);
    expect(compare(wall, report([kernel('a', 1)])).drift).toBeUndefined();
  });

  test('another machine or model is warned of, fact by fact; what a model ran on only where one ran', () => {
    const machine = { ...before.machine, cpu: 'B', device: 'GPU', runtime: 'onnxruntime-web wasm' };
    const other = report(before.rows, { machine, model: 'm.onnx' });
    const facts = ['cpu: B before, A now', 'device: GPU before, WebAssembly SIMD now'];
    expect(compare(now, other).machines).toEqual(facts);
    const withModel = {
      ...now,
      machine: { ...now.machine, runtime: 'onnxruntime-node cpu' },
      model: 'n.onnx',
    };
    expect(compare(withModel, other).machines).toEqual([
      ...facts,
      'runtime: onnxruntime-web wasm before, onnxruntime-node cpu now',
      'model: m.onnx before, n.onnx now',
    ]);
    expect(found.machines).toEqual([]);
    expect(renderComparison(compare(now, other), other)).toContain(
      'WARNING: another machine or model: cpu: B before, A now; times are not comparable.\n',
    );
  });

  test('a difference below 5 % does not count, however small the spread', () => {
    const exact = (median: number) => report([{ ...kernel('a', median), time: timing(median, 0) }]);
    expect(compare(exact(1.04), exact(1)).changes[0].verdict).toBe('within the spread');
    expect(compare(exact(1.06), exact(1)).changes[0].verdict).toBe('slower');
  });

  test('of many rows that one of them lacks, six are named', () => {
    const many = report(Array.from({ length: 8 }, (_, i) => kernel(`k${i}`, 1)));
    expect(renderComparison(compare(report([]), many), many)).toContain(
      'only before: k0 (2×2), k1 (2×2), k2 (2×2), k3 (2×2), k4 (2×2), k5 (2×2), 2 more\n',
    );
  });

  test('as text', () => {
    expect(renderComparison(found, before)).toBe(
      `compared with onnx-cam 1.0.0, 2026-11-20

| name   | size | old ms | new ms | new / old |            change |
|--------|------|-------:|-------:|----------:|------------------:|
| same   | 2×2  |      4 |    4.4 |      1.10 | within the spread |
| fast   | 2×2  |      4 |      2 |      0.50 |            faster |
| slow   | 2×2  |      4 |      8 |      2.00 |            slower |
| mended | 2×2  |  WRONG |      1 |         – |         right now |
| bad    | 2×2  |  WRONG |  WRONG |         – |   wrong as before |
| broken | 2×2  |      4 |  WRONG |         – |         wrong now |

the baselines, which are the same in every version, took 1.10 times as long: the machine's share of the above.
only now: new (2×2)
only before: gone (2×2)
`,
    );
  });
});

test('the tables: ratios say how long the baseline takes (kernels) or how often the forward pass fits (methods)', () => {
  const method: Row = {
    group: 'method',
    name: 'score-cam',
    size: '3×8×8',
    against: ['finite, 0 to 1'],
    time: { ...timing(1234.5), runs: 1 },
    baselines: { 'bare forward pass': timing(2) },
  };
  const { machine } = before;
  const text = render(
    report([kernel('relu', 0.5), wrong('gram'), method], {
      machine: { ...machine, runtime: 'onnxruntime-node cpu' },
      model: 'm.onnx',
      complete: false,
      leftOut: [
        { name: 'calm', reason: 'no outputs.' },
        { name: 'calm-softmax', reason: 'no outputs.' },
      ],
    }),
  );
  expect(text).toBe(`onnx-cam 1.0.0 on A, 2 cores, linux 6 x64, Node v20.0.0, 2026-11-20
kernels: wasm (WebAssembly SIMD); model: m.onnx, onnxruntime-node cpu, 1 thread

| kernel | size | CPU ms | quartiles | plain JavaScript takes |
|--------|------|-------:|----------:|-----------------------:|
| relu   | 2×2  |    0.5 | 0.45–0.55 |                 20.0 × |
| gram   | 2×2  |  WRONG |         – |                      – |

| method    | input | CPU ms | quartiles | bare forward pass |
|-----------|-------|-------:|----------:|------------------:|
| score-cam | 3×8×8 |   1235 |   one run |             617 × |

left out: calm, calm-softmax: no outputs.
kernels: 1 of 2 answers right, checked against: plain JavaScript
methods: 1 of 1 answers right, checked against: finite, 0 to 1
WRONG: gram (2×2): 1 of 4 values differ
stopped before the end: what is above was finished.
`);
});

describe('what --json wrote is read back', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'r.json');
  const read = (content: unknown) => {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return readReport(file);
  };

  test('as it was', async () => {
    expect(await read(now)).toEqual(JSON.parse(JSON.stringify(now)));
    expect(
      compare(await read(now), now).changes.every(({ ratio }) => ratio === 1 || ratio === undefined),
    ).toBe(true);
  });

  const whole = JSON.parse(JSON.stringify(before));
  const row = whole.rows[0];
  test.for<readonly [string, unknown, string]>([
    ['text', 'a picture', 'got: no JSON.'],
    ['a list', [], `("${FORMAT}"), got no object. Write it again.`],
    ['something else', { rows: [] }, 'got no "format".'],
    ['of a later version', { ...whole, format: 'onnx-cam bench 2' }, 'got "onnx-cam bench 2".'],
    ['no machine', { ...whole, machine: { cpu: 'A' } }, 'got no "machine".'],
    ['no rows', { ...whole, rows: 'all' }, 'got no "rows".'],
    [
      'a time that is none',
      { ...whole, rows: [row, { ...row, time: { ...row.time, median: null } }] },
      'got a damaged row (1).',
    ],
    [
      'a negative time',
      { ...whole, rows: [{ ...row, time: { ...row.time, low: -1 } }] },
      'got a damaged row (0).',
    ],
    [
      'a baseline that is none',
      { ...whole, rows: [{ ...row, baselines: { a: 3 } }] },
      'got a damaged row (0).',
    ],
  ])('not what is %s', async ([, content, message]) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'option',
      message: expect.stringContaining(`--compare: "${file}": expected what onnx-cam bench --json wrote`),
    });
    await expect(read(content)).rejects.toThrow(message);
  });

  test('nor one that is not there', async () => {
    await expect(readReport('/none.json')).rejects.toThrow(
      '--compare: "/none.json": expected what onnx-cam bench --json wrote, got: no such file or folder (ENOENT).',
    );
  });
});

test('--help of the command has examples', async () => {
  const { code, out } = await runProgram(['bench', '--help']);
  expect([code, out.includes('$ onnx-cam bench --compare before.json')]).toEqual([0, true]);
});
