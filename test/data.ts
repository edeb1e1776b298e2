import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = (variable: string, fallback: string): string => resolve(process.env[variable] ?? fallback);

/** Real models and photographs, which are not part of the project. */
export const dataFolder = folder('ONNX_CAM_TEST_DATA', '../shared/data');
/** Small classifiers with what float64 definitions and torch.autograd give. */
export const referenceFolder = folder('ONNX_CAM_TEST_REFERENCE', '../shared/reference');

/** Why tests that need a folder are skipped, or `undefined` where it is there. */
export const missing = (path: string): string | undefined =>
  existsSync(path) ? undefined : `${path} is missing`;

export const families: readonly string[] = missing(join(referenceFolder, 'families'))
  ? []
  : readdirSync(join(referenceFolder, 'families')).sort();

export const familyPath = (name: string, file: string): string =>
  join(referenceFolder, 'families', name, file);
