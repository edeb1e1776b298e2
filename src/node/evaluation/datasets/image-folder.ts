import { CamError } from '../../../errors.js';
import type { DataSet, Problem, Sample } from '../../../evaluate/index.js';
import { fileStamp } from '../../files/file-stamp.js';
import { collectInputs } from '../../inputs/collect.js';
import { readNpyImage } from '../../inputs/npy.js';
import type { ClassNames } from './classes.js';
import { annotatedSample } from './sample.js';

/**
 * Pictures in folders. In nested folders, the first level is the class: by index or label, else by
 * alphabetical order if there are as many folders as classes. Where no folder names a class, or pictures are
 * directly in the folder, they have no annotations.
 * @param skip  A folder that is not searched: the folder of results.
 * @throws {CamError} `input` for a folder without pictures.
 */
export async function readFolder(folder: string, skip: string, classes: ClassNames): Promise<DataSet> {
  const inputs = await collectInputs([folder], skip);
  const problems: Problem[] = [];
  const found = inputs.flatMap((input) => {
    if (input.kind !== 'failed') return [input];
    if (inputs.length === 1) throw new CamError('input', `--data: ${input.error}`);
    problems.push({ where: input.path, what: 'file that cannot be read', got: input.error });
    return [];
  });
  const names = [...new Set(found.map(({ stem }) => stem.split('/').slice(0, -1)[0] ?? ''))].sort();
  const classOf = classesByFolder(names, classes);
  if (!names.includes('') && classOf.size > 0)
    for (const name of names)
      if (!classOf.has(name))
        problems.push({ where: `${name}/`, what: 'folder that is no class of the model' });
  const labelled = !names.includes('') && classOf.size > 0;
  const samples = found.flatMap((input): Sample[] => {
    const [first] = input.stem.split('/').slice(0, -1);
    const label = labelled ? classOf.get(first ?? '') : undefined;
    const name = input.path
      .slice(folder.length)
      .replace(/^[/\\]+/, '')
      .replaceAll('\\', '/');
    if (input.kind === 'picture') return [annotatedSample({ name, path: input.path, label })];
    const { images } = input;
    return Array.from({ length: images.count }, (_, at) => ({
      name: images.count === 1 ? name : `${name} [${at}]`,
      about: { label },
      stamp: () => fileStamp(input.path),
      load: async () => ({ picture: await readNpyImage(images, at), truth: { label }, problems: [] }),
    }));
  });
  return {
    kind: labelled ? 'one folder per class' : 'pictures without annotations',
    samples,
    has: new Set(labelled ? ['label'] : []),
    problems,
  };
}

function classesByFolder(names: readonly string[], classes: ClassNames): ReadonlyMap<string, number> {
  const named = names.flatMap((name): [string, number][] => {
    const index = classes.indexOf(name);
    return index === undefined ? [] : [[name, index]];
  });
  if (named.length > 0 || names.length !== classes.labels?.length) return new Map(named);
  return new Map(names.map((name, index) => [name, index]));
}
