import { Command, Option } from 'commander';
import { CamError } from '../../errors.js';
import { metricNames } from '../../evaluate/metrics/names.js';
import type { Box } from '../../metrics/index.js';
import type { EvaluateFlags } from '../evaluation/flags.js';
import { addModelOptions, option } from '../options/model.js';
import * as read from '../options/values.js';
import type { Dependencies } from '../terminal/dependencies.js';

const examples = `
Examples:
  $ onnx-cam evaluate --model birds --data examples/birds --method all --metrics all
  $ onnx-cam evaluate --model m.onnx --data val --method mi-cam,grad-cam --metrics average-drop,deletion,insertion --limit 100
  $ onnx-cam evaluate --model m.onnx --data boxes.csv --images pictures --method all --metrics gt-loc,max-box-acc-v2

A data set is recognised by its files: a .csv, COCO's JSON, a folder with boxes.json, part masks, wsolevaluation's image_ids.txt, one
folder per class, or pictures alone. Metrics that need what the data set lacks are left out and named.

Exit code: 0; 1 when some pictures failed (the others are done); 2 for a usage or model error; 130 when stopped by Ctrl-C: the same command
goes on from there.`;

const sanityOrders = ['output-first', 'input-first'] as const;

function seed(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value < 2 ** 32) return value;
  throw new CamError('option', `--seed: expected a whole number from 0 to ${2 ** 32 - 1}, got "${text}".`);
}

function box(text: string): Box {
  const [x0, y0, x1, y1, ...more] = text
    .split(',')
    .map((side) => (side.trim() === '' ? Number.NaN : Number(side)));
  if (more.length === 0 && [x0, y0, x1, y1].every(Number.isFinite) && x0 < x1 && y0 < y1)
    return [x0, y0, x1, y1];
  throw new CamError(
    'option',
    `--unseen: expected x0,y0,x1,y1 in pixels of the network's input with x0 < x1 and y0 < y1, got "${text}".`,
  );
}

/** The command `evaluate`. */
export function evaluateCommand(deps: Dependencies, finish: (code: number) => void): Command {
  const count = (flags: string, text: string, why: string, fallback?: number): Option =>
    option(flags, text, read.positiveInteger(flags.split(' ')[0], why), fallback);
  const command = new Command('evaluate')
    .description('Measure how good the maps are, over a data set: a table, plots and a report.')
    .requiredOption('--data <path>', 'data set: a folder, a .csv or a .json file')
    .option('--images <folder>', 'where its pictures lie, if not where its annotations suggest')
    .addOption(
      new Option('--metrics <names>', `figures: ${metricNames.join(', ')}, or all`)
        .argParser(read.list('--metrics'))
        .default(undefined, 'all but sanity'),
    );
  return addModelOptions(command, deps)
    .option('--out <folder>', 'where results go', 'onnx-cam-evaluation')
    .addOption(count('--limit <count>', 'number of pictures, drawn at random (default: all)', 'pictures'))
    .addOption(option('--seed <number>', 'decides everything that is random', seed, 0))
    .addOption(count('--steps <count>', 'steps of deletion and insertion', 'steps', 100))
    .addOption(
      option(
        '--unseen <box>',
        'what the model cannot see, x0,y0,x1,y1 in pixels of its input: for dead-zone',
        box,
      ),
    )
    .addOption(
      option(
        '--sanity-order <order>',
        `which layers are re-drawn first: ${sanityOrders.join(', ')}`,
        read.choice('--sanity-order', sanityOrders),
        'output-first',
      ),
    )
    .addOption(count('--sanity-stages <count>', 'stages of the sanity cascade', 'stages', 10))
    .addOption(count('--sanity-pictures <count>', 'pictures of the sanity cascade', 'pictures', 8))
    .addOption(count('--batch <count>', 'pictures explained in one go', 'pictures in one go', 8))
    .addOption(
      count('--pass-batch <count>', 'perturbed images in one forward pass', 'images in one pass', 16),
    )
    .option('--restart', 'start over instead of going on from an earlier run')
    .option('--force', 'replace files in --out that onnx-cam did not write')
    .option('--quiet', 'no notices, no progress, no report on the terminal; errors only')
    .addHelpText('after', examples)
    .action(async (flags: Omit<EvaluateFlags, 'metrics'> & Partial<Pick<EvaluateFlags, 'metrics'>>) => {
      const metrics = flags.metrics ?? metricNames.filter((name) => name !== 'sanity');
      const { evaluate } = await import('./commands/evaluate.js');
      finish(await evaluate({ ...flags, metrics }, deps));
    });
}
