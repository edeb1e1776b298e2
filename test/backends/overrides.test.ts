import { expect, test } from 'vitest';
import { fitting } from '../../src/backends/overrides.js';

const limits = (storage: number, invocations: number) => ({
  maxComputeWorkgroupStorageSize: storage,
  maxComputeInvocationsPerWorkgroup: invocations,
  maxComputeWorkgroupSizeX: 1024,
});

test('what a device has room for stays; the rest is halved until it fits', () => {
  const wanted = { BINS: 256, WORDS: 8192, WORKGROUP: 1024 };
  expect(fitting(wanted, limits(49_152, 1024))).toEqual(wanted);
  // WebGPU's least: 16 KB, of which 8 are for the rest, and 256 invocations.
  expect(fitting(wanted, limits(16_384, 256))).toEqual({ BINS: 256, WORDS: 2048, WORKGROUP: 256 });
  expect(fitting({ BINS: 64 }, limits(16_384, 256))).toEqual({ BINS: 64 });
});
