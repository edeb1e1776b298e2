import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import sharp from 'sharp';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { CamError } from '../../../src/errors.js';
import { startProgress } from '../../../src/node/terminal/progress.js';
import { runProgram } from '../fake.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();
const out = join(folder, 'out');
const picture = join(folder, 'a.png');

beforeAll(async () => {
  await sharp({ create: { width: 4, height: 4, channels: 3, background: '#fff' } })
    .png()
    .toFile(picture);
});

describe('usage errors end with 2 and say what is expected', () => {
  test.each([
    [['--method', 'mi-cam,lime'], '--method: expected one of mi-cam, grad, flat or all, got "lime".'],
    [
      ['--runtime', 'webgpu', '--backend', 'wasm'],
      '--runtime webgpu: needs --backend webgpu (the model shares the GPU of the kernels), got --backend wasm. Leave out one of the two.',
    ],
    [['--method', 'all,lime'], '--method: expected one of mi-cam, grad, flat or all, got "lime".'],
    [['--method', 'mi-cam,,grad'], '--method: expected names separated by commas, got "mi-cam,,grad".'],
    [['--score', 'loss'], '--score: expected one of logit, probability, got "loss".'],
    [['--region', '0'], '--region: expected a whole number of at least 1 (layer pixels), got "0".'],
    [['--region', '2.5'], '--region: expected a whole number of at least 1 (layer pixels), got "2.5".'],
    [['--bins', '100'], '--bins: expected one of 32, 64, 128, 256, got "100".'],
    [['--resolution', 'big'], '--resolution: expected a whole number of at least 1 (pixels), got "big".'],
    [['--backend', 'cuda'], '--backend: expected one of auto, wasm, webgpu, got "cuda".'],
    [['--runtime', 'tvm'], '--runtime: expected one of auto, node, web, webgpu, got "tvm".'],
    [['--format', 'gif'], '--format: expected one of png, jpg, webp, poster, npy, json, html, got "gif".'],
    [
      ['--colormap', 'rainbow'],
      '--colormap: expected one of turbo, jet, viridis, inferno, magma, plasma, cividis, grey, diverging, got "rainbow".',
    ],
    [
      ['--alpha', '1.01'],
      '--alpha: expected a number from 0 to 1 (opacity of the strongest heat), got "1.01".',
    ],
    [
      ['--alpha', 'NaN'],
      '--alpha: expected a number from 0 to 1 (opacity of the strongest heat), got "NaN".',
    ],
    [['--batch', '-1'], '--batch: expected a whole number of at least 1 (images in one pass), got "-1".'],
    [
      ['--threads', '1e3'],
      '--threads: expected a whole number of at least 1 (threads of the model), got "1e3".',
    ],
    [['--target', 'top0'], '--target: expected at least one class, as in top3, got "top0".'],
    [['--target', '-4'], '--target: expected a class index of at least 0, got "-4".'],
    [
      ['--target', ''],
      '--target: expected predicted, top3, a class index, a list of them, or a label, got "".',
    ],
    [['--layer', 'a,'], '--layer: expected names separated by commas, got "a,".'],
    [['--frobnicate'], "unknown option '--frobnicate'"],
    [
      ['--preprocess', '/none.json'],
      '--preprocess: "/none.json" could not be read: no such file or folder (ENOENT).',
    ],
    [['--labels', '/none.txt'], '--labels: "/none.txt" could not be read: no such file or folder (ENOENT).'],
  ])('%j', async (args, text) => {
    const { code, err, opened } = await runProgram([
      'explain',
      '--model',
      'birds',
      '--quiet',
      '--out',
      out,
      ...args,
      picture,
    ]);
    expect([code, opened]).toEqual([2, undefined]);
    expect(err).toBe(`onnx-cam: ${text}\n`);
  });

  test('no input, no command, an unknown command', async () => {
    const none = await runProgram(['explain', '--model', 'birds']);
    expect([none.code, none.err]).toEqual([
      2,
      'onnx-cam: explain: expected pictures, got none. Name pictures or folders, or give --list.\n',
    ]);
    const bare = await runProgram([]);
    expect([bare.code, bare.err.includes('Usage: onnx-cam')]).toEqual([2, true]);
    const unknown = await runProgram(['explode']);
    expect([unknown.code, unknown.err.startsWith("onnx-cam: unknown command 'explode'")]).toEqual([2, true]);
  });

  test('a model that cannot be opened', async () => {
    const { code, err } = await runProgram(
      ['explain', '--model', 'birds', '--out', out, '--quiet', '--model', 'm.onnx', picture],
      {
        openExplainer: async (path) => {
          throw new CamError('model', `${path}: expected an ONNX model, got a zip archive.`);
        },
      },
    );
    expect([code, err]).toEqual([2, 'onnx-cam: m.onnx: expected an ONNX model, got a zip archive.\n']);
  });

  test('an error that is not a CamError is a bug and is not presented as the user’s mistake', async () => {
    const failing = runProgram(['explain', '--model', 'birds', '--out', out, picture], {
      openExplainer: async () => {
        throw new TypeError('x is undefined');
      },
    });
    await expect(failing).rejects.toThrow(TypeError);
  });
});

describe('options reach the functions that need them', () => {
  test('all at once', async () => {
    const settings = join(folder, 'settings.json');
    writeFileSync(
      settings,
      JSON.stringify({ size: [8, 8], mean: [0, 0, 0], std: [1, 1, 1], labels: ['x', 'y', 'z'] }),
    );
    const { code, err, explainer, methodOptions, opened } = await runProgram([
      ...[
        'explain',
        '--model',
        'some/m.onnx',
        '--layer',
        'a, b',
        '--layer',
        'c',
        '--method',
        'all',
        '--target',
        '2',
      ],
      ...[
        '--score',
        'probability',
        '--region',
        '5',
        '--bins',
        '128',
        '--resolution',
        '56',
        '--backend',
        'wasm',
      ],
      ...[
        '--runtime',
        'node',
        '--out',
        out,
        '--format',
        'json',
        '--raw',
        '--weights',
        '--preprocess',
        settings,
      ],
      ...[
        '--colormap',
        'viridis',
        '--alpha',
        '0.3',
        '--heat-only',
        '--batch',
        '4',
        '--threads',
        '2',
        picture,
      ],
    ]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(opened).toBe('some/m.onnx');
    expect(methodOptions).toEqual({ bins: 128, resolution: 56, region: 5 });
    expect(explainer?.options).toMatchObject({
      layers: ['a', 'b', 'c'],
      backend: 'wasm',
      runtime: 'node',
      score: 'probability',
      threads: 2,
      labels: ['x', 'y', 'z'],
      preprocessing: { size: [8, 8], resize: 'exact' },
    });
    expect(explainer?.methods).toEqual(['mi-cam', 'grad', 'flat']);
  });

  test('by default: the layer and the convention are reported; --quiet is silent', async () => {
    const { err, explainer } = await runProgram(['explain', '--model', 'birds', '--out', out, picture]);
    expect(err.split('\n')).toEqual([
      'onnx-cam: /nowhere/models/birds.onnx: nothing says how pictures are prepared (no --preprocess, no birds.json, ' +
        'no preprocessor_config.json, no metadata): using the ImageNet convention (shorter edge × 256/224, centre crop, mean .485 .456 .406, std .229 .224 .225; grey: .456, .225).',
      'onnx-cam: target layer: "relu" is the last feature map that the classifier consumes.',
      '',
    ]);
    // Left open, so that tensors are not taken for ImageNet's.
    expect(explainer?.options.preprocessing).toBeUndefined();
    expect(explainer?.methods).toEqual(['mi-cam']);
    const quiet = await runProgram(['explain', '--model', 'birds', '--quiet', '--out', out, picture]);
    expect([quiet.code, quiet.out, quiet.err]).toEqual([0, '', '']);
  });
});

test('help has every option and examples; version', async () => {
  const { code, out: text } = await runProgram(['explain', '--model', 'birds', '--help']);
  expect(code).toBe(0);
  const flags =
    'model layer method target score region bins resolution backend runtime out format raw weights preprocess labels colormap alpha heat-only batch threads quiet';
  for (const flag of flags.split(' ')) expect(text).toContain(`--${flag}`);
  expect(text).toContain('$ onnx-cam explain resnet50.onnx photo.jpg');
  expect(text).toContain(
    'Exit code: 0; 1 when some inputs failed (the others are done); 2 for a usage or model error; 130 when stopped by Ctrl-C.',
  );
  const version = await runProgram(['--version']);
  expect([version.code, version.out]).toEqual([0, '1.2.3\n']);
});

describe('progress', () => {
  const drawn = (isTTY: boolean, total: number, quiet: boolean): string => {
    const stream = Object.assign(new PassThrough(), {
      isTTY,
      cursorTo: () => true,
      moveCursor: () => true,
      clearLine: () => true,
      columns: 120,
    });
    const progress = startProgress(stream, total, quiet);
    progress.step();
    progress.step();
    progress.stop();
    return String(stream.read() ?? '');
  };

  test('on a terminal: done, rate, time left', () => {
    expect(drawn(true, 40, false)).toMatch(/0\/40 pictures \| …\/s \| .* left/);
  });

  test.for([
    [
      true,
      1,
      /score-cam: 1280 passes per picture, about 40 s\. --channels 64.*656\/1280 passes of score-cam \| 20 s left/s,
    ],
    [true, 3, /0\/3 pictures.*score-cam: 1280 passes per picture, about 40 s\..* \| score-cam 656\/1280/s],
    [
      false,
      3,
      /^onnx-cam: score-cam: 1280 passes per picture, about 40 s\..*\nonnx-cam: score-cam: 640 of 1280 passes; 0 of 3 pictures done\.\n$/,
    ],
    [false, 1, /^onnx-cam: score-cam: 1280 passes .*\nonnx-cam: score-cam: 640 of 1280 passes\.\n$/],
  ] as const)(
    'slow methods are announced before they start, then their progress (terminal %s, pictures %i)',
    ([isTTY, total, shown]) => {
      vi.useFakeTimers({ toFake: ['performance'] });
      try {
        const stream = Object.assign(new PassThrough(), {
          isTTY,
          ...{ cursorTo: () => true, moveCursor: () => true, clearLine: () => true, columns: 120 },
        });
        const progress = startProgress(stream, total, false);
        const at = (done: number, expectedSeconds = 40) =>
          progress.passes({ image: 0, method: 'score-cam', done, passes: 1280, expectedSeconds });
        progress.passes({ image: 0, method: 'recipro-cam', done: 49, passes: 49, expectedSeconds: 0.4 });
        at(0);
        at(16);
        vi.advanceTimersByTime(10_000);
        at(640);
        at(656);
        progress.stop();
        const text = String(stream.read());
        expect(text).toMatch(shown);
        expect(text).not.toContain('recipro');
        expect(text.split('per picture')).toHaveLength(2);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  test('none elsewhere, for a single picture, or when quiet', () => {
    expect([drawn(false, 40, false), drawn(true, 1, false), drawn(true, 40, true)]).toEqual(['', '', '']);
  });
});
