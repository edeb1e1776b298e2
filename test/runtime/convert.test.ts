import { describe, expect, test } from 'vitest';
import { fromOutputType, toInputType } from '../../src/runtime/convert.js';

describe('toInputType', () => {
  test('an array that has the type already is passed on as it is', () => {
    for (const [type, data] of [
      ['float32', Float32Array.of(1)],
      ['uint8', Uint8Array.of(1)],
      ['int64', BigInt64Array.of(1n)],
    ] as const)
      expect(toInputType('x', data, type)).toBe(data);
  });

  // float32 pixels that overshoot after bicubic resizing, and values between two integers
  test('float32 to uint8 rounds and clamps', () => {
    const got = toInputType('x', Float32Array.of(-3, 0.4, 0.6, 254.6, 300), 'uint8');
    expect(got).toEqual(Uint8Array.of(0, 0, 1, 255, 255));
  });

  test('uint8 to float32 and to float16 keeps all values', () => {
    expect(toInputType('x', Uint8Array.of(0, 7, 255), 'float32')).toEqual(Float32Array.of(0, 7, 255));
    expect(toInputType('x', Uint8Array.of(0, 1, 2), 'float16')).toEqual(Uint16Array.of(0, 0x3c00, 0x4000));
  });

  test('class indices in int32 and float32 become int64, negative ones too', () => {
    expect(toInputType('x', Int32Array.of(-1, 999), 'int64')).toEqual(BigInt64Array.of(-1n, 999n));
    expect(toInputType('x', Float32Array.of(-1, 999), 'int64')).toEqual(BigInt64Array.of(-1n, 999n));
    expect(toInputType('x', BigInt64Array.of(-1n, 999n), 'float32')).toEqual(Float32Array.of(-1, 999));
  });

  test('a value that an integer type cannot hold is named', () => {
    expect(() => toInputType('image', Float32Array.of(1, Number.NaN), 'uint8')).toThrow(
      'input "image": expected finite values (the model takes uint8), got NaN at 1.',
    );
  });
});

describe('fromOutputType', () => {
  test('float16 is read at its offset, as float32', () => {
    const halves = Uint16Array.of(9, 0x3c00, 0xc000).subarray(1);
    expect(fromOutputType('y', 'float16', halves)).toEqual({
      dtype: 'float32',
      data: Float32Array.of(1, -2),
    });
  });

  test('strings are refused', () => {
    expect(() => fromOutputType('label', 'string', ['cat'])).toThrow(
      'output "label": expected a tensor of numbers, got one of string.',
    );
  });
});
