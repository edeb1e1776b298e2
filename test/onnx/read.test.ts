import { describe, expect, test } from 'vitest';
import { parseModel } from '../../src/onnx/index.js';
import { all, birds, bytesOfFile, noReference } from './files.js';
import { plainDecoded, plainModel } from './plain.js';
import { decodeModel } from './schema.js';

describe('parseModel reads every field as protobufjs does', () => {
  test.each(all)('$name', (file) => {
    const bytes = bytesOfFile(file);
    expect(plainModel(parseModel(bytes, file.name))).toEqual(plainDecoded(decodeModel(bytes)));
  });

  test.skipIf(noReference)(
    `all reference models were compared${noReference ? ` (skipped: ${noReference})` : ''}`,
    () => {
      expect(all.length).toBeGreaterThanOrEqual(57); // 9 families, 47 operators, the embedded default
    },
  );
});

test('weights are views of the file, which is not copied', () => {
  const bytes = bytesOfFile(birds);
  const model = parseModel(bytes);
  expect(model.bytes).toBe(bytes);
  for (const { proto } of model.graph.initializers.values()) expect(proto.buffer).toBe(bytes.buffer);
});
