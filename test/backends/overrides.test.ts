import { expect, test } from 'vitest';
import { fitting } from '../../src/backends/overrides.js';

const limits = (storage: number, invocations: number) => ({
  maxComputeWorkgroupStorageSize: storage,
  maxComputeInvocationsPerWorkgroup: invocations,
  maxComputeWorkgroupSizeX: 1024,
});

test('constants within the limits of the device stay; larger ones are halved until they fit', () => {
  const wanted = { BINS: 256, WORDS: 8192, WORKGROUP: 1024 };
  expect(fitting(wanted, limits(49_152, 1024))).toEqual(wanted);
  // WebGPU's minimum: 16 KB, of which 8 are for other arrays, and 256 invocations.
  expect(fitting(wanted, limits(16_384, 256))).toEqual({ BINS: 256, WORDS: 2048, WORKGROUP: 256 });
  expect(fitting({ BINS: 64 }, limits(16_384, 256))).toEqual({ BINS: 64 });
});
