import { type PlacedSample, runSanity, type Subject } from '../../evaluate/index.js';
import type { Interrupt } from '../terminal/interrupt.js';
import type { EvaluationJournal } from './journal.js';

export interface CascadeFlags {
  readonly seed: number;
  readonly sanityOrder: 'output-first' | 'input-first';
  readonly sanityStages: number;
  readonly sanityPictures: number;
}

/** Runs the stages of the sanity cascade that are not in the journal, on the first evaluated pictures. */
export async function cascade(
  subject: Subject,
  samples: readonly PlacedSample[],
  journal: EvaluationJournal,
  { seed, sanityOrder, sanityStages, sanityPictures }: CascadeFlags,
  interrupt: Interrupt,
): Promise<void> {
  const known = samples.flatMap(({ sample }) => {
    const record = journal.pictures.get(sample.name);
    return record ? [{ sample, target: record.predicted }] : [];
  });
  const pictures = await Promise.all(
    known.slice(0, sanityPictures).map(async ({ sample, target }) => {
      const { picture } = await sample.load();
      return { picture, target };
    }),
  );
  if (pictures.length === 0) return;
  const done = new Set(journal.sanity.keys());
  const { signal } = interrupt;
  const stopping = () => interrupt.stopping;
  const options = { order: sanityOrder, stages: sanityStages, seed, done, stopping, signal };
  for await (const record of runSanity(subject, pictures, options)) await journal.add({ sanity: record });
}
