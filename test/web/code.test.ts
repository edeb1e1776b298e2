/** "Copy as code": what the page gives is run as a person would run it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildEntryPoints } from '../../scripts/build.mjs';
import { createExplainer, decodeFile, findSettings, readNpy } from '../../src/node/index.js';
import { bakeModel } from '../../web/share/baked.js';
import { type CodeSubject, commandLine, node, python } from '../../web/share/code.js';
import { classifier } from '../explain/classifier.js';
import { writeOnnxruntime } from './onnxruntime-in-node.js';

/** A name that a shell, JavaScript and Python each read in another way. */
const ODD = `it's "my" $(bird) \`1\`.png`;

// Where its package finds the others.
const folder = mkdtempSync(resolve('node_modules/.onnx-cam-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The package as npm installs it, in a folder with a picture and a model. */
beforeAll(async () => {
  const installed = join(folder, 'node_modules/onnx-cam');
  await buildEntryPoints(join(installed, 'dist'));
  cpSync('package.json', join(installed, 'package.json'));
  cpSync('models', join(installed, 'models'), { recursive: true });
  mkdirSync(join(folder, 'node_modules/.bin'));
  symlinkSync('../onnx-cam/dist/node/cli.js', join(folder, 'node_modules/.bin/onnx-cam'));
  writeFileSync(join(folder, 'package.json'), '{}');
  for (const name of ['bird-03.png', ODD]) cpSync('examples/birds/stacked-0.png', join(folder, name));
  writeFileSync(join(folder, 'own model.onnx'), classifier());
});

const { preprocessing } = await findSettings('models/birds.onnx');
if (!preprocessing) throw new Error('models/birds.json: expected preprocessing');
const bundled: CodeSubject = {
  model: { name: 'birds.onnx', bundled: true },
  picture: 'bird-03.png',
  classes: [11],
  methods: ['grad-cam', 'mi-cam'],
  preprocessing,
  isGiven: false,
  colormap: 'viridis',
  alpha: 0.7,
};
const own: CodeSubject = {
  ...bundled,
  model: { name: 'own model.onnx', bundled: false },
  picture: ODD,
  classes: [0, 2],
  layer: 'a',
  preprocessing: {
    ...{ size: [8, 8], resize: 'shortest', shortestEdge: 11, interpolation: 'bicubic' },
    ...{ mean: [0.1, 0.2, 0.3], std: [0.5, 0.6, 0.7], scale: 1 / 255, channels: 'BGR' },
  },
  isGiven: true,
};

/** The maps that the subject speaks of, class by class. */
async function mapsOf({ model, picture, classes, methods, layer, preprocessing }: CodeSubject) {
  const source = model.bundled ? 'models/birds.onnx' : classifier();
  const layers = layer === undefined ? undefined : [layer];
  const explainer = await createExplainer(source, { backend: 'wasm', methods, layers, preprocessing });
  const image = await decodeFile(join(folder, picture));
  const explanations = await explainer.explain([image], { target: [...classes] });
  await explainer.dispose();
  return explanations;
}

function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  expect(status, stderr + stdout).toBe(0);
  return stdout;
}

function expectNear(got: Float32Array, want: Float32Array, bound: number): void {
  expect(got.length).toBe(want.length);
  expect(Math.max(...want)).toBeCloseTo(1, 5); // a map, not nothing
  const far = got.reduce((most, value, i) => Math.max(most, Math.abs(value - want[i])), 0);
  expect(far).toBeLessThan(bound);
}

const saved = async (name: string) => (await readNpy(join(folder, name))).data;

describe.each([
  ['the bundled model', bundled],
  ['a model, settings and names of one’s own, two classes', own],
])('%s', (_, subject) => {
  const stem = subject.picture.slice(0, -'.png'.length);

  test('the command line', async () => {
    rmSync(join(folder, 'onnx-cam-out'), { recursive: true, force: true });
    run('sh', '-c', commandLine(subject));
    for (const { maps, target } of await mapsOf(subject)) {
      const end = subject.classes.length > 1 ? `.class${target.index}` : '';
      const map = await saved(join('onnx-cam-out', `${stem}.grad-cam${end}.npy`));
      expectNear(map, maps['grad-cam'].saliency, 1e-5);
    }
  });

  test('Node', async () => {
    writeFileSync(join(folder, 'snippet.mjs'), node(subject));
    const printed = run(process.execPath, 'snippet.mjs');
    const explanations = await mapsOf(subject);
    for (const { target } of explanations) {
      expect(printed).toContain(`${target.label ?? target.index} ${target.score}`.slice(0, 12));
      const end = subject.classes.length > 1 ? `class${target.index}` : 'grad-cam';
      expect(
        readFileSync(join(folder, `${stem}.${end}.png`))
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG');
    }
    expect(printed.match(/Float32Array/g)?.length).toBe(explanations.length);
  });
});

/** A Python that has these modules. */
const pythonWith = (modules: string): string | undefined =>
  ['python3', '/usr/bin/python3'].find(
    (program) => spawnSync(program, ['-c', `import ${modules}`]).status === 0,
  );
const whole = pythonWith('onnxruntime, numpy, PIL');
const program = whole ?? pythonWith('numpy, PIL');
const noPython = program ? undefined : 'no python3 has numpy and PIL';

describe.skipIf(noPython)(`Python over the baked model${noPython ? `: ${noPython}` : ''}`, () => {
  beforeAll(() => {
    if (!whole) writeOnnxruntime(folder);
  });

  test.for([
    ['the class that is asked for', bundled, 'grad-cam'],
    ['a method that is the same for every class', bundled, 'eigen-cam'],
    ['a model of one’s own', own, 'layer-cam'],
  ] as const)('%s', async ([, subject, method]) => {
    const bytes = subject.model.bundled ? readFileSync('models/birds.onnx') : classifier();
    const { layer, preprocessing } = subject;
    const baked = bakeModel({ bytes }, { method, layer, preprocessing, output: 'logits' });
    writeFileSync(join(folder, 'baked.onnx'), baked.bytes);
    writeFileSync(join(folder, 'snippet.py'), python(subject, baked, 'baked.onnx'));
    expect(run(String(program), 'snippet.py')).toContain(`(1, ${preprocessing.size.join(', ')})`);
    const [{ maps }] = await mapsOf({ ...subject, methods: [method] });
    const stem = subject.picture.slice(0, -'.png'.length);
    expectNear(
      await saved(`${stem}.saliency.npy`),
      maps[method].saliency,
      method === 'eigen-cam' ? 1e-2 : 1e-3,
    );
  });
});
