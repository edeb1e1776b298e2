import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { CamError } from '../../errors.js';
import { mapConcurrently } from '../files/concurrent.js';
import { reason } from '../files/files.js';
import { expectFree, foreignFiles } from '../files/written-files.js';
import { imageStem } from '../inputs/input.js';
import type { Job } from '../inputs/jobs.js';
import { outputEndings } from '../outputs/output-writer.js';
import type { RunPlan } from './plan.js';
import { folded } from './stems.js';

/** Folders that are listed at the same time. */
const AT_ONCE = 16;

/** The files that a run may write, as far as they are known before the model is opened. */
class Names {
  /** Stems, by the name that a case-insensitive file system would treat as equal. */
  private readonly stems = new Map<string, string>();
  private readonly ending: RegExp;
  readonly folders = new Set<string>(['.']);

  constructor(plan: RunPlan, jobs: readonly Job[]) {
    const { output } = plan.unit;
    this.ending = outputEndings(output, plan.methods, plan.explainer.layers ?? []);
    for (const { input, image, place } of jobs) {
      if (input.kind === 'failed') continue;
      this.add(place.stem);
      if (output.pictures.length > 0 || output.poster) this.add(imageStem(input, image));
    }
  }

  private add(stem: string): void {
    this.stems.set(folded(stem), stem);
    this.folders.add(posix.dirname(stem));
  }

  /**
   * The path under which the run may write the file `name` of a folder; `undefined` where it writes no such
   * file.
   */
  of(folder: string, name: string): string | undefined {
    for (let dot = name.indexOf('.', 1); dot > 0; dot = name.indexOf('.', dot + 1)) {
      const stem = this.stems.get(folded(posix.join(folder, name.slice(0, dot))));
      const ending = name.slice(dot);
      if (stem !== undefined && this.ending.test(ending)) return `${stem}${ending}`;
    }
    return undefined;
  }
}

async function listed(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new CamError(
      'output',
      `--out: expected a folder whose files can be listed, so that none is overwritten, got "${folder}": ${reason(error)}. ` +
        'Choose another with --out, or go on with --force.',
      { cause: error },
    );
  }
}

/**
 * The existing results below `--out`, and the run's files such as `summary.json`, whether they exist or not.
 */
async function namesOf(
  plan: RunPlan,
  jobs: readonly Job[],
  suffixes: readonly string[],
): Promise<ReadonlySet<string>> {
  const { out, packed } = plan.unit.output;
  const names = new Names(plan, jobs);
  const wanted = new Set<string>();
  await mapConcurrently([...names.folders], AT_ONCE, async (folder) => {
    for (const found of await listed(join(out, folder))) {
      const name = names.of(folder, found);
      if (name !== undefined) wanted.add(name);
    }
  });
  for (const suffix of suffixes) {
    wanted.add(`summary${suffix}.json`);
    if (packed) wanted.add(`index${suffix}.jsonl`);
    if (plan.unit.cards) wanted.add(`index${suffix}.html`);
  }
  return wanted;
}

/**
 * Checks, before anything is written, that a run overwrites no files that this program did not write.
 * @param suffixes  Of the run's shares, see `suffixOf`.
 * @throws {CamError} `output`, naming such files.
 */
export async function expectFreeNames(
  plan: RunPlan,
  jobs: readonly Job[],
  suffixes: readonly string[],
): Promise<void> {
  await expectFree(plan.unit.output.out, await namesOf(plan, jobs, suffixes));
}

/**
 * The files that `--force` overwrites: those that `expectFreeNames` would refuse. They are not results of an
 * earlier run.
 */
export async function foreignNames(
  plan: RunPlan,
  jobs: readonly Job[],
  suffixes: readonly string[],
): Promise<ReadonlySet<string>> {
  return new Set(await foreignFiles(plan.unit.output.out, await namesOf(plan, jobs, suffixes)));
}
