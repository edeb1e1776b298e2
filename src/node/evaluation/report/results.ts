import { join } from 'node:path';
import Papa from 'papaparse';
import { partialName, writeAtomically } from '../../files/files.js';
import type { WrittenFiles } from '../../files/written-files.js';
import { columnsOf, type Evaluation, pictureValue } from './evaluation.js';

/** One row per picture and method. */
export function resultsCsv(evaluation: Evaluation): string {
  const { records, methods } = evaluation;
  // Figures over all pictures together have no column here.
  const columns = columnsOf(evaluation).filter(({ metric, column }) =>
    methods.some(({ verdicts }) => verdicts[metric]?.rows[column.id] !== undefined),
  );
  const fields = [
    'picture',
    'label',
    'predicted',
    'score',
    'method',
    ...columns.map(({ column }) => column.id),
  ];
  const rows = records.flatMap((record, at) =>
    methods
      .filter(({ method }) => record.methods[method] !== undefined)
      .map((method) => [
        record.picture,
        record.label ?? '',
        record.predicted,
        record.score,
        method.method,
        ...columns.map((column) => pictureValue(method, column, at) ?? ''),
      ]),
  );
  return `${Papa.unparse({ fields, data: rows }, { newline: '\n' })}\n`;
}

/** The figures without the maps from which they were computed; the journal keeps those. */
export function resultsJson({ records, methods, ...rest }: Evaluation): string {
  const columns = columnsOf(rest);
  const pictures = records.map((record, at) => ({
    picture: record.picture,
    label: record.label,
    predicted: record.predicted,
    score: record.score,
    methods: Object.fromEntries(
      methods
        .filter(({ method }) => record.methods[method] !== undefined)
        .map((method) => [
          method.method,
          Object.fromEntries(columns.map((column) => [column.column.id, pictureValue(method, column, at)])),
        ]),
    ),
  }));
  const summaries = methods.map(({ verdicts, ...method }) => ({
    ...method,
    metrics: Object.fromEntries(
      Object.entries(verdicts).map(([name, { cells, line }]) => [name, { cells, line }]),
    ),
  }));
  return `${JSON.stringify({ ...rest, methods: summaries, pictures }, null, 1)}\n`;
}

/** Writes `results.json` and `results.csv`. Throws `CamError` `output`. */
export async function writeResults(
  folder: string,
  evaluation: Evaluation,
  { finish }: WrittenFiles,
): Promise<void> {
  const write = (name: string, text: string): Promise<void> => {
    const path = join(folder, name);
    return writeAtomically(path, text, partialName(path), finish);
  };
  await write('results.json', resultsJson(evaluation));
  await write('results.csv', resultsCsv(evaluation));
}
