/** The model files that tests read. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder, families as familyNames, familyPath, missing, referenceFolder } from '../data.js';

export interface ModelFile {
  readonly name: string;
  readonly path: string;
}

const operatorFolder = join(referenceFolder, 'operators');
const realFolder = join(dataFolder, 'models');

export const noReference = missing(operatorFolder);
export const noData = missing(realFolder);

export const families: readonly ModelFile[] = familyNames.map((name) => ({
  name,
  path: familyPath(name, 'model.onnx'),
}));

export const operators: readonly ModelFile[] = noReference
  ? []
  : readdirSync(operatorFolder).map((name) => ({ name, path: join(operatorFolder, name, 'model.onnx') }));

export const real: readonly ModelFile[] = noData
  ? []
  : readdirSync(realFolder)
      .filter((name) => name.endsWith('.onnx'))
      .map((name) => ({ name, path: join(realFolder, name) }));

/** Part of the repository. */
export const birds: ModelFile = { name: 'birds.onnx', path: 'models/birds.onnx' };

export const all = [...families, ...operators, ...real, birds];

export const bytesOfFile = ({ path }: ModelFile): Uint8Array => readFileSync(path);

/** Last feature map and classifier weight of each real model, as its provider states them. */
export function stated(): readonly {
  readonly file: string;
  readonly lastFeatureMap: string;
  readonly fcWeight: string | null;
}[] {
  const path = join(realFolder, 'models.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
}
