import { describe, expect, test } from 'vitest';
import { gradientObstacles } from '../../../src/onnx/gradient.js';
import { makeNode } from '../../../src/onnx/write.js';
import { generator } from '../../random.js';
import { weights } from '../build.js';
import { read } from '../small.js';
import { expectGradients } from './check.js';

/** Positions inside, beyond the sides and far outside, between pixels: slopes jump at the pixels. */
function grid([, , height, width]: readonly number[], dims: readonly number[], isAligned: boolean) {
  const next = generator(5);
  const coordinate = (length: number) => {
    const position = Math.floor(next() * (length + 3)) - 2 + 0.25 + 0.5 * next();
    if (!isAligned) return (2 * position + 1) / length - 1;
    return length === 1 ? 0.3 : (2 * position) / (length - 1) - 1;
  };
  const count = dims.reduce((x, y) => x * y, 1);
  const data = Array.from({ length: count }, () => [coordinate(width), coordinate(height)]).flat();
  return { shape: [...dims, 2], data: Float32Array.from(data) };
}

describe.each(['zeros', 'border'])('GridSample, %s', (padding_mode) => {
  test.each([
    [0, [1, 2, 3, 4], [1, 2, 5]],
    [1, [1, 2, 3, 4], [1, 2, 5]],
    [0, [2, 3, 5, 2], [2, 4, 3]],
    [1, [2, 1, 1, 6], [2, 1, 7]],
  ])('align_corners %i, x %j, grid %j', (align_corners, x, dims) =>
    expectGradients({
      nodes: [
        makeNode('GridSample', ['x', 'grid'], ['y'], { align_corners, padding_mode, mode: 'bilinear' }),
      ],
      inputs: { x, grid: grid(x, dims, align_corners === 1) },
      // ONNX Runtime's CPU has no kernel of it in double here.
      precision: 'float32',
    }),
  );
});

test.each([
  ['nearest', 'zeros', 'mode bilinear'],
  ['bilinear', 'reflection', 'padding_mode zeros or border'],
])('%s with %s is refused', (mode, padding_mode, text) => {
  const nodes = [
    makeNode('Conv', ['x', 'w'], ['c']),
    makeNode('GridSample', ['c', 'g'], ['s'], { mode, padding_mode }),
    makeNode('GlobalAveragePool', ['s'], ['p']),
    makeNode('Flatten', ['p'], ['f']),
    makeNode('Gemm', ['f', 'fc'], ['logits']),
  ];
  const model = read(nodes, { inputs: { x: [1, 3, 8, 8] }, initializers: { g: weights([1, 4, 4, 2]) } });
  expect(gradientObstacles(model, ['c']).get('c')).toContain(text);
});
