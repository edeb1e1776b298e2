import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CamError } from '../../errors.js';

/** Where Hugging Face's exports keep the model. */
const FOLDER = 'onnx';
const USUAL = 'model.onnx';

/** The `.onnx` files of a folder, by name; empty where the folder does not exist. */
async function modelsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.onnx'))
    .map(({ name }) => name)
    .sort();
}

const listed = (names: readonly string[]): string =>
  names.slice(0, 8).join(', ') + (names.length > 8 ? `, … (${names.length})` : '');

/**
 * The model file that a path means. For a folder: its only `.onnx` file, else `onnx/model.onnx`, else the
 * only one in `onnx`. Any other path is returned unchanged; errors about it follow when it is read.
 * @throws {CamError} `model` for a folder with none or several.
 */
export async function modelPath(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return path;
  const here = await modelsIn(path);
  if (here.length === 1) return join(path, here[0]);
  const below = (await modelsIn(join(path, FOLDER))).map((name) => join(FOLDER, name));
  const usual = join(FOLDER, USUAL);
  if (here.length === 0 && (below.includes(usual) || below.length === 1))
    return join(path, below.includes(usual) ? usual : below[0]);
  const all = [...here, ...below];
  throw new CamError(
    'model',
    all.length === 0
      ? `${path}: expected an .onnx file in this folder or in its folder "${FOLDER}", got none. Name the model's file.`
      : `${path}: expected one .onnx file in this folder, got ${listed(all)}. Name the one you mean.`,
  );
}
