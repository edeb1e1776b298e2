import type { Plan } from './backend.js';

// Upper bound of the workgroup memory that a shader with WORDS uses besides that array.
const OTHER_BYTES = 8192;

type Limits = Pick<
  GPUSupportedLimits,
  'maxComputeWorkgroupStorageSize' | 'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupSizeX'
>;

/** The constants that fit this device: `WORDS` and `WORKGROUP` are halved until they do. */
export function fitting(wanted: NonNullable<Plan['overrides']>, limits: Limits): Record<string, number> {
  const constants = { ...wanted };
  const invocations = Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  while (constants.WORDS * 4 + OTHER_BYTES > limits.maxComputeWorkgroupStorageSize) constants.WORDS /= 2;
  while (constants.WORKGROUP > invocations) constants.WORKGROUP /= 2;
  return constants;
}
