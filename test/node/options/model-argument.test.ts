import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { explain, folder, out, picture } from '../cli/explain-case.js';
import { runProgram } from '../fake.js';

const NO_MODEL =
  'expected a model, got none. Type "onnx-cam explain model.onnx photo.jpg" with your ONNX file. --model birds takes the bundled example, which classifies toy birds.';

describe('the model of a command', () => {
  test.for([
    [['m.onnx', 'a.png']],
    [['a.png', 'm.onnx']],
    [['a.png', '--model', 'm.onnx']],
    [['M.ONNX', 'a.png'], 'M.ONNX'],
  ] as const)('%j', async ([args, name = 'm.onnx']) => {
    const image = await picture('a.png');
    const model = join(folder, name);
    writeFileSync(model, 'not looked into');
    const given = args.map((arg) => (arg === 'a.png' ? image : arg === name ? model : arg));
    const { code, opened } = await runProgram(['explain', '--out', out, ...given]);
    expect([code, opened]).toEqual([0, model]);
  });

  test('birds is the bundled one', async () => {
    const { opened } = await explain([await picture('a.png')]);
    expect(opened).toBe('/nowhere/models/birds.onnx');
  });

  test.for([
    ['explain', ['a.png'], `explain: ${NO_MODEL}`],
    ['explain', [], `explain: ${NO_MODEL}`],
    [
      'explain',
      ['a.onnx', 'a.png', 'b.onnx'],
      'explain: expected one model, got a.onnx and b.onnx. Run the command once per model.',
    ],
    [
      'explain',
      ['--model', 'a.onnx', 'b.onnx'],
      'explain: expected one model, got a.onnx and b.onnx. Run the command once per model.',
    ],
    [
      'explain',
      ['m.onnx'],
      'explain: expected pictures, got none. Name pictures or folders, or give --list.',
    ],
    ['inspect', [], 'inspect: expected a model, got none. Type "onnx-cam inspect model.onnx"'],
    [
      'evaluate',
      ['--data', '.'],
      'evaluate: expected a model, got none. Type "onnx-cam evaluate --model model.onnx --data pictures"',
    ],
    ['bench', ['m.onnx', 'a.png', 'b.png'], 'bench: expected one picture, got 2: a.png, b.png.'],
  ] as const)('%s %j', async ([command, args, message]) => {
    const { code, err, opened } = await runProgram([command, ...args]);
    expect([code, opened]).toEqual([2, undefined]);
    expect(err).toContain(`onnx-cam: ${message}`);
  });
});
