import { appendFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { describe, expect, test } from 'vitest';
import { CamError } from '../../../src/errors.js';
import { annotate, evaluate, folder, out, picture, results, written } from './evaluate-case.js';

const cheap = ['--metrics', 'average-drop,pointing-game,gt-loc,max-box-acc,remove-and-classify'];

test('a run writes results, a table and a report, and names the best methods', async () => {
  const { code, out: said, err, subject } = await evaluate(cheap);
  expect(code).toBe(0);
  expect(readdirSync(out).sort()).toEqual([
    '.onnx-cam.files',
    'journal.jsonl',
    'report.html',
    'results.csv',
    'results.json',
  ]);
  // The fake's maps of the three classes lie in three corners, the box in one of them.
  expect(said).toContain('pointing game: 33.3 % ± 28.1 (best of 2: corner)');
  // A quarter of the picture keeps 0.325 of the score; the empty map keeps nothing but 0.1.
  expect(said).toContain('average drop: 67.5 % ± 0.0 (best of 2: corner)');
  expect(said).toContain('3 of 3 pictures evaluated; ');
  expect(err).toContain('data: 3 pictures, read as boxes.json.');
  expect(subject.disposed).toBe(1);
});

test('results.csv has one row per picture and method, with the class and each figure of its own', async () => {
  await evaluate(cheap);
  const { data } = Papa.parse<Record<string, string>>(written('results.csv'), {
    header: true,
    skipEmptyLines: true,
  });
  expect(data.map((row) => [row.picture, row.method])).toEqual(
    ['a.png', 'b.png', 'c.png'].flatMap((file) => [
      [file, 'corner'],
      [file, 'flat'],
    ]),
  );
  expect(data[2]).toMatchObject({ label: '1', predicted: '1', 'pointing-game': '100', 'gt-loc': '100' });
  expect(data[3]).toMatchObject({ 'pointing-game': '0' });
});

test('the report is one page that loads nothing, with table, plots and pictures', async () => {
  await evaluate(['--metrics', 'deletion,pointing-game']);
  const html = written('report.html');
  expect(html).not.toMatch(/(?:src|href)="(?!data:)/);
  expect(html).not.toMatch(/@import|url\((?!["']?data:)/);
  expect(html).toContain('prefers-color-scheme: dark');
  // Of the pointing game alone: every pixel counts alike for this model, so that both methods delete equally
  // well.
  expect(html.match(/<td class="best">/g)?.length).toBe(1);
  expect(html.match(/<div id="plot-/g)?.length).toBe(1);
  expect(html.match(/<img src="data:image\/jpeg;base64,/g)?.length).toBe(2 * 3);
  // Markup in names stays text.
  await picture('d<b>.png', 200);
  annotate([{ file: 'd<b>.png', label: 1, boxes: [[0, 0, 8, 8]] }]);
  await evaluate(['--metrics', 'deletion', '--restart']);
  expect(written('report.html')).toContain('d&lt;b&gt;.png');
  expect(written('report.html')).not.toContain('d<b>');
});

test('what cannot be used is counted in the results, and metrics without annotations are named', async () => {
  annotate([
    {
      file: 'a.png',
      label: 9,
      boxes: [
        [0, 0, 8, 8],
        [5, 5, 5, 9],
      ],
    },
    { file: 'b.png', label: 1, boxes: [] },
  ]);
  const { err } = await evaluate(['--metrics', 'pointing-game,pxap']);
  expect(err).toContain('annotations: no box: 1 (b.png)');
  expect(err).toContain('metric pxap left out: needs masks of the object.');
  expect(results().data).toMatchObject({
    problems: [
      { what: 'no box', count: 1, examples: ['b.png'] },
      { what: 'box without an area', count: 1, examples: ['a.png ([5, 5, 5, 9])'] },
      { what: "label beyond the model's 3 classes", count: 1, examples: ['a.png (9)'] },
    ],
  });
  expect(results().methods).toMatchObject([
    {
      method: 'corner',
      metrics: {
        'pointing-game': { cells: { 'pointing-game': { count: 1, notes: { 'no annotation': 1 } } } },
      },
    },
    { method: 'flat' },
  ]);
});

describe('an interrupted run', () => {
  const args = ['--metrics', 'deletion,remove-and-classify,counterfactual,sanity', '--sanity-stages', '3'];
  const stopAtOnce = (stop: () => void) => {
    stop();
    return () => undefined;
  };

  test('stops after the current picture and goes on from there to the same results', async () => {
    await evaluate(args);
    const whole = results();
    const csv = written('results.csv');
    await evaluate([...args, '--restart'], { onInterrupt: stopAtOnce });
    const first = await evaluate(args, { onInterrupt: stopAtOnce });
    expect(first.code).toBe(130);
    expect(first.err).toContain(
      'onnx-cam: stopping after the current picture, in half a second at the latest; press Ctrl-C again to quit at once.\n' +
        'onnx-cam: stopped: the same command goes on from here.\n',
    );
    // Settings, two pictures, the last newline.
    expect(written('journal.jsonl').split('\n')).toHaveLength(1 + 2 + 1);
    appendFileSync(join(out, 'journal.jsonl'), '{"picture":{"pict'); // as if it had been killed while writing
    const { code, subject } = await evaluate(args);
    expect(code).toBe(0);
    expect(results()).toEqual(whole);
    expect(written('results.csv')).toBe(csv);
    expect(subject.explained.length).toBeGreaterThan(0);
    for (const line of written('journal.jsonl').trim().split('\n'))
      expect(() => JSON.parse(line)).not.toThrow();
  });

  test('nothing is explained again once all pictures are done', async () => {
    await evaluate(args);
    const { code, subject } = await evaluate(args);
    expect([code, subject.explained]).toEqual([0, []]);
  });

  test('a picture that changed is evaluated again, also after another interruption', async () => {
    await evaluate(args);
    const before = results();
    await picture('b.png', 20);
    const again = await evaluate(args, { onInterrupt: stopAtOnce });
    expect(again.err).toContain('onnx-cam: 1 picture changed since and is evaluated again.\n');
    const { code, err } = await evaluate(args);
    expect([code, err]).toEqual([0, expect.not.stringContaining('changed since')]);
    const resumed = results();
    expect(resumed).not.toEqual(before);
    await evaluate([...args, '--restart']);
    expect(resumed).toEqual(results());
  });

  test('other settings are refused and named; --restart starts again', async () => {
    await evaluate(args);
    const { code, err } = await evaluate([...args, '--seed', '5', '--steps', '10']);
    expect(code).toBe(2);
    expect(err).toBe(
      `onnx-cam: --out: ${join(out, 'journal.jsonl')} holds a run with other settings (seed, steps). Choose another folder, or start over with --restart.\n`,
    );
    expect((await evaluate([...args, '--seed', '5', '--restart'])).code).toBe(0);
  });

  test('changed annotations are other settings', async () => {
    await evaluate(args);
    annotate([{ file: 'a.png', label: 1, boxes: [[0, 0, 4, 4]] }]);
    expect((await evaluate(args)).err).toContain('holds a run with other settings (data)');
  });
});

test('a slow method says how many passes it takes before it starts', async () => {
  const slow = { method: 'score-cam', done: 0, passes: 1280, expectedSeconds: 40 };
  expect((await evaluate(cheap, { slow })).err).toContain(
    'onnx-cam: score-cam: 1280 passes per picture, about 40 s.',
  );
  expect((await evaluate([...cheap, '--restart', '--quiet'], { slow })).err).toBe('');
});

test('a run that ends before its first result leaves no journal that blocks the corrected command', async () => {
  const onImage = () => {
    throw new CamError('layer', 'layer: no "relu9".');
  };
  expect((await evaluate([...cheap, '--layer', 'relu9'], { onImage })).code).toBe(2);
  expect(existsSync(join(out, 'journal.jsonl'))).toBe(false);
  expect((await evaluate(cheap)).code).toBe(0);
});

test('a limit draws pictures at random, the same for the same seed, and a larger one adds to them', async () => {
  const names = () =>
    new Set(
      Papa.parse<Record<string, string>>(written('results.csv'), {
        header: true,
        skipEmptyLines: true,
      }).data.map((row) => row.picture),
    );
  await evaluate([...cheap, '--limit', '1']);
  const [one] = names();
  const { subject } = await evaluate([...cheap, '--limit', '2']);
  expect(names().size).toBe(2);
  expect(names()).toContain(one);
  expect(subject.explained.length).toBeGreaterThan(0);
});

describe('exit codes and errors', () => {
  test('1 when some pictures failed: they are named, the others done; 2 when the model ran on none', async () => {
    writeFileSync(join(folder, 'data', 'b.png'), 'not a picture');
    const some = await evaluate(cheap);
    expect(some.code).toBe(1);
    expect(some.err).toContain(`onnx-cam: failed: ${join(folder, 'data', 'b.png')}: expected a picture`);
    expect(some.out).toContain('2 of 3 pictures evaluated, 1 failed');
    const onImage = () => {
      throw new CamError('model', 'model: fake runtime cannot run it.');
    };
    const none = await evaluate([...cheap, '--restart'], { onImage });
    expect(none.code).toBe(2);
    expect(none.err).toContain('onnx-cam: failed: a.png: model: fake runtime cannot run it.');
  });

  test.for<readonly [args: readonly string[], message: string]>([
    [['--metrics', 'drop'], '--metrics: expected one of average-drop,'],
    [
      ['--metrics', 'pxap'],
      '--metrics: expected at least one that the data set serves (read as boxes.json), got none: pxap needs masks of the object.',
    ],
    [['--method', 'nothing'], '--method: expected one of mi-cam, grad, flat or all, got "nothing".'],
    [['--seed', '-1'], '--seed: expected a whole number from 0 to 4294967295, got "-1".'],
    [
      ['--unseen', '3,3,3,9'],
      '--unseen: expected x0,y0,x1,y1 in pixels of the network\'s input with x0 < x1 and y0 < y1, got "3,3,3,9".',
    ],
    [['--limit', '0'], '--limit: expected a whole number of at least 1 (pictures), got "0".'],
    [
      ['--sanity-order', 'random'],
      '--sanity-order: expected one of output-first, input-first, got "random".',
    ],
  ])('%j', async ([args, message]) => {
    const { code, err } = await evaluate(args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(existsSync(out)).toBe(false);
  });

  test('a model that cannot be read, and a missing --data', async () => {
    const { code, err } = await evaluate(['--model', join(folder, 'none.onnx')]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(
        `${join(folder, 'none.onnx')}: could not be read: no such file or folder (ENOENT).`,
      ),
    ]);
  });

  test('pixels outside the crop make the dead zone a metric', async () => {
    const { code, out: said } = await evaluate(['--metrics', 'dead-zone', '--unseen', '0,4,8,8']);
    expect(code).toBe(0);
    expect(said).toContain('dead zone μ: 0.000 ± 0.000 (corner)');
    expect(results().methods).toMatchObject([
      {},
      { metrics: { 'dead-zone': { cells: { 'dead-zone': { count: 0, notes: { 'empty map': 3 } } } } } },
    ]);
  });
});
