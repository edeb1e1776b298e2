import { type Command, Option } from 'commander';
import { namesByCost } from '../../methods/metadata.js';
import { defaultMethodNames } from '../../methods/names.js';
import type { Dependencies } from '../terminal/dependencies.js';
import * as read from './values.js';

/** An option whose value `parser` reads. `shown` replaces the default in the help. */
export function option(
  flags: string,
  text: string,
  parser: (value: string) => unknown,
  fallback?: unknown,
  shown?: string,
): Option {
  const made = new Option(flags, text).argParser(parser);
  return fallback === undefined ? made : made.default(fallback, shown);
}

/** Adds to a command the options for the model, where it runs, the methods and the targets. */
export function addModelOptions(command: Command, deps: Pick<Dependencies, 'methods'>): Command {
  const methods = namesByCost(Object.values(deps.methods).map((make) => make()))
    .map(({ cost, names }) => `${names.join(', ')}${cost ? ` (${cost})` : ''}`)
    .join('; ');
  return command
    .option(
      '--model <file>',
      'ONNX classifier, or a folder that holds one; birds is the bundled example, which classifies toy birds',
    )
    .addOption(
      new Option(
        '--layer <tensors>',
        'target layers, by tensor name (default: chosen from the graph)',
      ).argParser(read.list('--layer')),
    )
    .addOption(
      // Part of the text, because commander shows no default that is `undefined`, and `undefined` means that
      // the user did not choose.
      new Option(
        '--method <names>',
        `methods: ${methods}; or all (default: ${defaultMethodNames.join(',')})`,
      ).argParser(read.list('--method')),
    )
    .addOption(
      new Option(
        '--output <name>',
        'the model output that is explained (default: the first that can hold the target)',
      ),
    )
    .addOption(
      option(
        '--activation <kind>',
        'what turns the scores into probabilities: softmax, sigmoid (independent labels, one logit), or none (it holds probabilities); default: what the model says, else softmax',
        read.choice('--activation', read.activations),
      ),
    )
    .addOption(
      option(
        '--score <kind>',
        'what is explained: logit or probability',
        read.choice('--score', read.scores),
        'logit',
      ),
    )
    .addOption(
      option(
        '--region <size>',
        'window of infoCAM, layer pixels',
        read.positiveInteger('--region', 'layer pixels'),
        3,
      ),
    )
    .addOption(
      option(
        '--channels <count>',
        'Score-CAM and Ablation-CAM of the channels of largest variance alone: faster (default: all)',
        read.positiveInteger('--channels', 'channels'),
      ),
    )
    .addOption(
      option('--bins <count>', `histogram bins of MI-CAM: ${read.binCounts.join(', ')}`, read.bins, 64),
    )
    .addOption(
      option(
        '--resolution <pixels>',
        'longer side at which MI-CAM counts; smaller is faster and coarser (default: the input size)',
        read.positiveInteger('--resolution', 'pixels'),
      ),
    )
    .addOption(
      option(
        '--backend <name>',
        `what the kernels run on: ${read.backends.join(', ')}`,
        read.choice('--backend', read.backends),
        'auto',
      ),
    )
    .addOption(
      option(
        '--runtime <name>',
        `what the model runs on: ${read.runtimes.join(', ')}`,
        read.choice('--runtime', read.runtimes),
        'auto',
      ),
    )
    .option(
      '--preprocess <file>',
      'how pictures become inputs (default: a file beside the model, else its metadata or graph, else the ImageNet convention)',
    )
    .option(
      '--labels <file>',
      'class labels, one per line or JSON (default: a file beside the model, else its metadata)',
    )
    .addOption(
      option(
        '--threads <count>',
        'threads of the model (default: the cores, at most 8)',
        read.positiveInteger('--threads', 'threads of the model'),
      ),
    );
}
