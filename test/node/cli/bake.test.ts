import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { methods } from '../../../src/index.js';
import { parseModel, shareWeights } from '../../../src/onnx/index.js';
import { expectClose } from '../../close.js';
import { explained } from '../../onnx/bake/baked.js';
import { runModel, toFloats } from '../../onnx/gradients/run.js';
import { conv, head, read } from '../../onnx/small.js';
import { random } from '../../random.js';
import { runProgram } from '../fake.js';
import { temporaryFolder } from '../folder.js';

const birds = (ending: string): string =>
  fileURLToPath(new URL(`../../../models/birds.${ending}`, import.meta.url));
const folder = temporaryFolder();
const model = join(folder, 'birds.onnx');
const out = join(folder, 'out', 'b.onnx');
const bare = join(folder, 'bare.onnx');

beforeEach(() => {
  copyFileSync(birds('onnx'), model);
  copyFileSync(birds('json'), join(folder, 'birds.json'));
  writeFileSync(bare, read([conv, ...head('c')]).bytes);
});

const bake = (...args: string[]) => runProgram(['bake', ...args]);

describe('onnx-cam bake', () => {
  test('writes the model and prints a summary', async () => {
    const run = await bake(model, '--method', 'grad-cam', '--target', 'input', '-o', out);
    const written = readFileSync(out);
    const growth = written.length - readFileSync(model).length;
    expect(run).toMatchObject({ code: 0, err: '' });
    expect(run.out).toBe(
      [
        `written  ${out}`,
        'method   grad-cam, from a closed form',
        'layer    /f/f.5/Relu_output_0 ("/f/f.5/Relu_output_0" (Relu [batch, 96, 16, 16]) is the last feature map that the classifier consumes.)',
        'inputs   image float32 [batch, 3, 128, 128]; target int64 [batch]',
        'output   saliency float32 [batch, 128, 128]',
        'opset    17 (lifted from 13)',
        `size     ${written.length} bytes, +${growth}`,
        '',
      ].join('\n'),
    );
    const { graph } = parseModel(written);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['logits', 'saliency']);
  });

  test('beside the model where no name is given; an existing file is kept, unless forced', async () => {
    const beside = join(folder, 'birds.cam.onnx');
    expect(await bake(model, '--method', 'cam', '--quiet')).toMatchObject({ code: 0, out: '', err: '' });
    const first = readFileSync(beside);
    expect(await bake(model, '--method', 'layer-cam', '--quiet')).toMatchObject({
      code: 2,
      err: `onnx-cam: ${beside}: expected a name that is free, got a file that is there already. Choose another with --out, or replace it with --force.\n`,
    });
    expect(readFileSync(beside)).toEqual(first);
    expect(await bake(model, '--method', 'layer-cam', '--quiet', '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(beside)).not.toEqual(first);
  });

  test('pixels, by what lies beside the model; maps at the size of a layer', async () => {
    const layer = '/f/f.3/Add_output_0';
    const sized = ['--size', 'layer', '--layer', layer, '-o', out, '--force'];
    const run = await bake(model, '--method', 'hires-cam', '--normalize', ...sized);
    expect(run.code).toBe(0);
    expect(run.out).toContain('inputs   pixels uint8 [batch, 3, 128, 128]\n');
    expect(run.out).toContain('output   saliency float32 [batch, 16, 16]\n');
    expect(run.out).toContain(`layer    ${layer} (as asked)\n`);
    expect(run.out).toContain('from a backward graph');
  });

  test('without preprocessing pixels cannot be normalised, and mi-cam says where its grey is from', async () => {
    const none = join(folder, 'none.onnx');
    expect(await bake(bare, '--method', 'grad-cam', '--normalize', '-o', none)).toMatchObject({
      code: 2,
      err: `onnx-cam: --normalize: mean and std of ${bare} are not known: there is no --preprocess and no file beside the model. Write them into bare.json.\n`,
    });
    expect(existsSync(none)).toBe(false);
    const counted = await bake(bare, '--method', 'mi-cam', '-o', none);
    expect(counted.err).toBe(
      `onnx-cam: ${bare}: nothing says how pictures become inputs (no --preprocess, no file beside the model): mi-cam takes its grey picture from the range of each input.\n`,
    );
    expect(existsSync(none)).toBe(true);
  });

  test('weights outside of the file stay there; the user is told to copy them', async () => {
    const { bytes, externalData } = shareWeights(parseModel(readFileSync(model)));
    const [weights] = externalData;
    const outside = join(folder, 'outside.onnx');
    writeFileSync(outside, bytes);
    writeFileSync(join(folder, weights.path), weights.data);
    const beside = await bake(outside, '--method', 'cam');
    expect(beside).toMatchObject({ code: 0, err: '' });
    const away = join(folder, 'away', 'a.onnx');
    const moved = await bake(outside, '--method', 'cam', '-o', away);
    expect(moved.err).toBe(
      `onnx-cam: ${away}: its weights stay where they are: copy ${weights.path} from ${folder} beside it.\n`,
    );
    const baked = readFileSync(away);
    expect(baked.length).toBeLessThan(30_000);
    const image = { data: random(3 * 128 * 128, 1), shape: [1, 3, 128, 128] };
    const { saliency } = await runModel({ bytes: baked, externalData }, { image }, ['saliency']);
    const [whole] = await explained(readFileSync(model), [methods.cam()], image);
    expectClose(toFloats(saliency), whole.maps.cam.saliency, saliency.shape, 1e-3);
  });

  test.each([
    [[], "required option '--method <name>' not specified"],
    [['--method', 'score-cam'], '--method: expected one of grad-cam, grad-cam++, '],
    [['--method', 'cam', '--size', 'big'], '--size: expected one of input, layer, got "big".'],
    [
      ['--method', 'cam', '--target', '7'],
      '--target: expected predicted, input or value:J; other targets are explained by',
    ],
    [['--method', 'cam', '--region', '0'], '--region: expected a whole number of at least 1'],
    [['--method', 'eigen-cam', '--target', 'input'], 'bake: target: expected "predicted"'],
    [['--method', 'cam', '--layer', 'nowhere'], 'layer "nowhere": the model has no such tensor.'],
  ])('usage errors end with 2: %j', async (args, text) => {
    const run = await bake(model, ...args, '-o', join(folder, 'never.onnx'));
    expect(run.code).toBe(2);
    expect(run.err).toContain(text);
    expect(existsSync(join(folder, 'never.onnx'))).toBe(false);
  });

  test('--help shows how to', async () => {
    const { code, out: text } = await bake('--help');
    expect(code).toBe(0);
    expect(text).toContain('$ onnx-cam bake resnet50.onnx --method grad-cam ');
    expect(text).toContain('mi-cam');
  });
});
