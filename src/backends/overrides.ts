import type { Plan } from './backend.js';

// What a shader with WORDS has in workgroup memory besides that array, at most.
const OTHER_BYTES = 8192;

/** The constants as this device can have them: `WORDS` halved until it fits its workgroup memory. */
export function fitting(
  wanted: NonNullable<Plan['overrides']>,
  { maxComputeWorkgroupStorageSize: room }: Pick<GPUSupportedLimits, 'maxComputeWorkgroupStorageSize'>,
): Record<string, number> {
  const constants = { ...wanted };
  while (constants.WORDS * 4 + OTHER_BYTES > room) constants.WORDS /= 2;
  return constants;
}
