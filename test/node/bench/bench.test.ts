import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/backends/backend.js';
import { openWasm } from '../../../src/backends/wasm.js';
import { openSubject, type Subject } from '../../../src/evaluate/index.js';
import { createExplainer } from '../../../src/explainer.js';
import { methods } from '../../../src/methods/index.js';
import { kernelCases } from '../../../src/node/bench/kernels.js';
import { drawnPicture, inputTensor } from '../../../src/node/bench/picture.js';
import { runBench } from '../../../src/node/bench/run.js';
import { loadModel } from '../../../src/node/model/load-model.js';
import { encodePng } from '../../../src/node/outputs/encode.js';
import type { Dependencies } from '../../../src/node/terminal/dependencies.js';
import { open } from '../../backends.js';
import { runProgram } from '../fake.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();
const birds = fileURLToPath(new URL('../../../models/birds.onnx', import.meta.url));

/** The program itself, with the bird classifier and real methods. */
const real: Partial<Dependencies> = {
  bundledModel: birds,
  methods,
  openExplainer: async (path, options) => createExplainer(await loadModel(path, () => []), options),
  openSubject: async (path, options) => openSubject(await loadModel(path, () => []), options),
};
const bench = (...args: string[]) => runProgram(['bench', ...args], real);
// The shortest possible samples: results are tested here, not times.
const short = ['--backend', 'wasm', '--seconds', '0.001'] as const;
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** The arguments of `runBench`; all output is kept. */
function recorded(onStop: (stop: () => void) => void = () => undefined) {
  const stream = new PassThrough();
  const refuse = async (path: string) => {
    throw new Error(`${path}: not a model of this test`);
  };
  const deps: Dependencies = {
    stdout: stream,
    stderr: stream,
    version: '1.2.3',
    bundledModel: birds,
    methods,
    openExplainer: refuse,
    openSubject: refuse,
    inspectModel: refuse,
    onInterrupt: (stop) => {
      onStop(stop);
      return () => undefined;
    },
  };
  return { deps, text: () => String(stream.read() ?? '') };
}

describe('onnx-cam bench', () => {
  test('kernels and methods on the default model, written, read back and compared', async () => {
    const json = join(folder, 'new', 'first.json');
    const chosen = [...short, '--kernel', 'relu,weightedSum', '--method', 'cam,mi-cam'];
    const { code, out, err } = await bench(...chosen, '--json', json);
    expect([code, err]).toEqual([0, '']);
    const rows = out.split('\n').filter((line) => line.startsWith('| '));
    expect(
      rows.map((row) =>
        row
          .split('|')
          .slice(1, 3)
          .map((cell) => cell.trim()),
      ),
    ).toEqual([
      ['kernel', 'size'],
      ['weightedSum', '512×14×14'],
      ['weightedSum', '2048×7×7'],
      ['relu', '2048×7×7'],
      ['method', 'input'],
      ['cam', '3×128×128'],
      ['mi-cam', '3×128×128'],
    ]);
    expect(out).toContain('kernels: 3 of 3 answers right, checked against: plain JavaScript\n');
    expect(out).toContain(
      'methods: 2 of 2 answers right, checked against: finite, 0 to 1; scores of the bare forward pass\n',
    );
    const report = read(json);
    expect(report).toMatchObject({
      format: 'onnx-cam bench 1',
      version: '1.2.3',
      model: 'birds.onnx',
      complete: true,
      machine: { node: process.version, backend: 'wasm', device: 'WebAssembly SIMD', threads: 1 },
    });
    for (const { time, baselines } of report.rows)
      for (const one of [time, ...Object.values(baselines)]) {
        expect(one).toMatchObject({ clock: 'cpu', median: expect.any(Number) });
        expect(one.low > 0 && one.low <= one.median && one.median <= one.high).toBe(true);
        expect(one.runs).toBeGreaterThan(0);
      }

    const again = await bench(...chosen, '--compare', json);
    expect(again.code).toBe(0);
    expect(again.out).toContain('\ncompared with onnx-cam 1.2.3, ');
    expect(again.out).toMatch(/^\| mi-cam {6}\| 3×128×128 \|.*\| +(within the spread|faster|slower) \|$/m);
    expect(again.out).not.toContain('WARNING');
  });

  test('every method that the model can serve; --quick leaves out what passes the model per channel', async () => {
    const { code, out } = await bench(...short, '--only', 'methods', '--quick');
    expect(code).toBe(0);
    const served = Object.keys(methods).filter((name) => !name.startsWith('calm') && name !== 'score-cam');
    const named = [...out.matchAll(/^\| ([\w+-]+) +\| 3×128×128/gm)].map(([, name]) => name);
    expect(named).toEqual(served);
    expect(out).toContain('left out: score-cam: --quick: a forward pass per channel.\n');
    expect(out).toMatch(
      /^left out: calm, calm-conditional, calm-softmax, calm-saliency: .*expected a CALM model/m,
    );
  });

  test('methods are timed on the user’s picture', async () => {
    const { width, height } = drawnPicture();
    const data = new Uint8Array(width * height * 4).fill(255);
    const picture = join(folder, 'white.png');
    writeFileSync(picture, await encodePng({ data, width, height }));
    const explainer = await createExplainer(await loadModel(birds, () => []), { backend: 'wasm' });
    const own = await inputTensor(picture, explainer);
    expect(new Set(own.data).size).toBeLessThanOrEqual(3); // one value per colour plane
    expect(new Set((await inputTensor(undefined, explainer)).data).size).toBeGreaterThan(100);
    const { code, out } = await bench(...short, '--method', 'cam', picture);
    expect([code, out.includes('methods: 1 of 1 answers right')]).toEqual([0, true]);
  });

  test('on a GPU, WebAssembly is a second check and a second baseline', async ({ skip }) => {
    await open('webgpu', skip);
    const json = join(folder, 'gpu.json');
    const { code, out } = await bench(
      ...[
        '--backend',
        'webgpu',
        '--seconds',
        '0.001',
        '--kernel',
        'relu',
        '--method',
        'grad-cam',
        '--json',
        json,
      ],
    );
    expect(code).toBe(0);
    expect(out).toContain('kernels: 1 of 1 answers right, checked against: plain JavaScript; wasm\n');
    expect(out).toContain('scores of the bare forward pass; wasm\n');
    const [kernel, method] = read(json).rows;
    expect([kernel.time.clock, kernel.baselines.wasm.clock, method.time.clock]).toEqual([
      'wall',
      'wall',
      'wall',
    ]);
  });
});

describe('a wrong answer', () => {
  test('of a kernel: named, not timed, exit code 1, and the others go on', async () => {
    // A relu that lets everything through, as a twin with a slip in it would.
    const broken = async (): Promise<Backend> => {
      const backend = await openWasm();
      const run = ((kernel, inputs, options) =>
        kernel.shader.name === 'relu'
          ? backend.upload(new Float32Array(100_352).fill(0.5), [1, 2048, 7, 7], 'float32')
          : backend.run(kernel, inputs, options)) as Backend['run'];
      return new Proxy(backend, {
        get: (target, name) => {
          const value: unknown = name === 'run' ? run : Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    };
    const { deps, text } = recorded();
    const flags = {
      backend: 'wasm',
      runtime: 'auto',
      kernel: ['relu', 'minMax'],
      seconds: 0.001,
      threads: 1,
    } as const;
    const { allRight, report } = await runBench([], flags, deps, {
      openBackend: broken,
      cases: kernelCases,
    });
    expect(allRight).toBe(false);
    expect(
      report.rows.map(({ name, time, wrong }) => [name, time !== undefined, wrong !== undefined]),
    ).toEqual([
      ['relu', false, true],
      ['minMax', true, false],
    ]);
    const out = text();
    expect(out).toMatch(/^\| relu +\| 2048×7×7 +\| +WRONG \| +– \| +– \|$/m);
    expect(out).toMatch(
      /^WRONG: relu \(2048×7×7\): \d+ of 100352 values differ by more than 0 × the largest/m,
    );
    expect(out).toContain('kernels: 1 of 2 answers right');
  });

  test('of a method: scores that the bare model does not give, exit code 1', async () => {
    const openForeign = async (path: string, options: Parameters<Dependencies['openSubject']>[1]) => {
      const subject = await openSubject(await loadModel(path, () => []), options);
      const scores: Subject['scores'] = async (data, shape) =>
        (await subject.scores(data, shape)).map((row) => row.toReversed());
      return { ...subject, scores };
    };
    const { code, out } = await runProgram(['bench', ...short, '--method', 'cam'], {
      ...real,
      openSubject: openForeign,
    });
    expect(code).toBe(1);
    expect(out).toMatch(
      /^WRONG: cam \(3×128×128\): class \d+: the bare forward pass gives 0\.\d+, the explanation 0\.\d+$/m,
    );
    expect(out).toMatch(/^\| cam +\| 3×128×128 \| +WRONG \|/m);
  });
});

describe('stopped by Ctrl-C', () => {
  test('before anything was timed: exit code 130, and the file says that it is incomplete', async () => {
    const json = join(folder, 'stopped.json');
    const { code, out, err } = await runProgram(['bench', '--backend', 'wasm', '--json', json], {
      ...real,
      onInterrupt: (stop) => {
        stop();
        return () => undefined;
      },
    });
    expect([code, read(json).complete, read(json).rows]).toEqual([130, false, []]);
    expect(out).toContain('stopped before the end: what is above was finished.\n');
    expect(err).toBe(
      'onnx-cam: stopping after the current sample, in half a second at the latest; press Ctrl-C again to quit at once.\n',
    );
  });

  test('during the second of three: the first is shown, the second is not half timed, the third not begun', async () => {
    const [relu, minMax, share] = ['relu', 'minMax', 'share'].map((name) =>
      kernelCases.filter(({ kernel }) => kernel === name).at(0),
    );
    if (!relu || !minMax || !share) throw new Error('three kernels were renamed');
    let stop = (): void => undefined;
    const second = {
      ...minMax,
      makeInputs() {
        stop();
        return minMax.makeInputs();
      },
    };
    const { deps, text } = recorded((given) => {
      stop = given;
    });
    const flags = { backend: 'wasm', runtime: 'auto', only: 'kernels', seconds: 0.001, threads: 1 } as const;
    const parts = { openBackend: openWasm, cases: [relu, second, share] };
    const { report } = await runBench([], flags, deps, parts);
    expect([report.complete, report.rows.map(({ name }) => name)]).toEqual([false, ['relu']]);
    expect(text()).toContain('kernels: 1 of 1 answers right');
  });
});

describe('usage errors end with 2 before any work', () => {
  const known = [...new Set(kernelCases.map(({ kernel }) => kernel))].toSorted().join(', ');
  test.for<readonly [string[], string]>([
    [['--kernel', 'relu,lime'], `--kernel: expected one of ${known}, got "lime".`],
    [['--only', 'pictures'], '--only: expected one of kernels, methods, got "pictures".'],
    [['--seconds', '0'], '--seconds: expected a number above 0, at most 3600, got "0".'],
    [['--seconds', ''], '--seconds: expected a number above 0, at most 3600, got "".'],
    [['--seconds', 'NaN'], '--seconds: expected a number above 0, at most 3600, got "NaN".'],
    [['--threads', '0'], '--threads: expected a whole number of at least 1 (threads of the model), got "0".'],
    [['--backend', 'cuda'], '--backend: expected one of auto, wasm, webgpu, got "cuda".'],
    [
      ['--runtime', 'webgpu', '--backend', 'wasm'],
      '--runtime webgpu: needs --backend webgpu (the model shares the GPU of the kernels), got --backend wasm. Leave out one of the two.',
    ],
    [
      ['--compare', '/none.json'],
      '--compare: "/none.json": expected what onnx-cam bench --json wrote, got: no such file or folder (ENOENT).',
    ],
    [
      ['--json', '/proc/none/a.json'],
      '/proc/none/a.json: could not be written: no such file or folder (ENOENT).',
    ],
  ])('%j', async ([args, text]) => {
    const { code, out, err } = await bench(...args);
    expect([code, out, err]).toEqual([2, '', `onnx-cam: ${text}\n`]);
  });

  test('a method that is unknown, or that the model cannot serve', async () => {
    const unknown = await bench('--method', 'lime');
    expect([unknown.code, unknown.err.includes('or all, got "lime".')]).toEqual([2, true]);
    const unserved = await bench(...short, '--method', 'calm');
    expect([unserved.code, unserved.err.includes('expected a CALM model')]).toEqual([2, true]);
    expect(existsSync(join(folder, 'a.json'))).toBe(false);
  });
});
