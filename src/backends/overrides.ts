import type { Plan } from './backend.js';

// What a shader with WORDS has in workgroup memory besides that array, at most.
const OTHER_BYTES = 8192;

type Limits = Pick<
  GPUSupportedLimits,
  'maxComputeWorkgroupStorageSize' | 'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupSizeX'
>;

/** The constants as this device can have them: `WORDS` and `WORKGROUP` halved until they fit. */
export function fitting(wanted: NonNullable<Plan['overrides']>, limits: Limits): Record<string, number> {
  const constants = { ...wanted };
  const invocations = Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  while (constants.WORDS * 4 + OTHER_BYTES > limits.maxComputeWorkgroupStorageSize) constants.WORDS /= 2;
  while (constants.WORKGROUP > invocations) constants.WORKGROUP /= 2;
  return constants;
}
