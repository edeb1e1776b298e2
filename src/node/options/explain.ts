import { type Command, Option } from 'commander';
import { type ColorMapName, colorMapNames } from '../../image/colormap-names.js';
import type { Activation } from '../../onnx/index.js';
import type { BoxForm } from '../../targets/index.js';
import type { Shard, TargetOption } from '../inputs/jobs.js';
import type { Dependencies } from '../terminal/dependencies.js';
import { addModelOptions, option } from './model.js';
import type { Format } from './values.js';
import * as read from './values.js';

/** The options of `explain`, parsed and validated. */
export interface ExplainFlags {
  readonly model?: string;
  readonly layer?: readonly string[];
  /** Default: `defaultMethodNames`. */
  readonly method?: readonly string[];
  readonly target: readonly TargetOption[];
  readonly output?: string;
  readonly boxes?: BoxForm;
  readonly picture?: string;
  /** Paths by the inputs' names. */
  readonly input?: Readonly<Record<string, string>>;
  readonly activation?: Activation;
  readonly score: 'logit' | 'probability';
  readonly region: number;
  readonly channels?: number;
  readonly bins: 32 | 64 | 128 | 256;
  readonly resolution?: number;
  readonly backend: 'auto' | 'wasm' | 'webgpu';
  readonly runtime: 'auto' | 'node' | 'web' | 'webgpu';
  readonly out: string;
  /** Default: overlays, or arrays under `--pack`. */
  readonly format?: readonly Format[];
  readonly raw?: true;
  readonly weights?: true;
  readonly preprocess?: string;
  readonly labels?: string;
  readonly colormap: ColorMapName;
  readonly alpha?: number;
  readonly heatOnly?: true;
  readonly caption?: boolean;
  readonly augment?: true;
  readonly eigenSmooth?: true;
  readonly batch?: number;
  readonly threads?: number;
  readonly workers?: number;
  readonly list?: string;
  readonly pack?: number;
  readonly shard?: Shard;
  readonly resume?: true;
  readonly force?: true;
  readonly quiet?: true;
}

/** Adds to a command the inputs and the options that say what is explained, how, and what is written. */
export function addExplainOptions(command: Command, deps: Pick<Dependencies, 'methods'>): Command {
  command.argument(
    '[inputs...]',
    'the model (.onnx), unless --model names it; picture files, folders, globs, .zip or .tar archives, or .npy float32 tensors [n, C, H, W] that are already normalised (C: as many channels as the model takes)',
  );
  return addModelOptions(command, deps)
    .addOption(
      new Option(
        '--target <target>',
        'predicted, top3 (the three most probable), an index, a label, or i,j,k: one class per image; value or value:J (a number of the output), pixels:CLASS (segmentation), box:K (detection, box:0 is the best), like:FILE (similarity with the embedding in a .npy or of another picture); repeat for several per image',
      )
        .argParser(read.target)
        .default([], 'predicted'),
    )
    .addOption(
      option(
        '--boxes <form>',
        `how detections lie in the output: ${read.boxForms.join(', ')} (default: by its shape)`,
        read.choice('--boxes', read.boxForms),
      ),
    )
    .addOption(
      new Option(
        '--input <name=file>',
        'values of another input of the model: a .npy file with one row per picture or one for all; repeat for several',
      ).argParser(read.input),
    )
    .option('--picture <name>', 'the input that takes the picture (default: the only one that can)')
    .option('--out <folder>', 'where results go', 'onnx-cam-out')
    .option('--force', 'replace files in --out that onnx-cam did not write')
    .addOption(
      option(
        '--format <list>',
        'png, jpg, webp (overlays), poster (picture and maps side by side), npy (maps), html (contact sheet), json (the summary, always written)',
        read.formatList,
        undefined,
        'png; npy with --pack',
      ),
    )
    .option('--raw', 'also write the maps before ReLU, [n, h, w]')
    .option('--weights', 'also write the channel weights, [n, K]')
    .addOption(option('--colormap <name>', `colours: ${colorMapNames.join(', ')}`, read.colormap, 'turbo'))
    .addOption(
      option('--alpha <opacity>', 'opacity of the strongest heat, 0 to 1 (default: 0.6)', read.alpha),
    )
    .option('--heat-only', 'the heat map alone, without the picture')
    .option('--no-caption', 'overlays do not say "same for every class" where it holds')
    .option('--augment', 'mean over the picture as it is and mirrored, each times 0.9, 1 and 1.1')
    .option('--eigen-smooth', 'first principal component of the weighted channels in place of their sum')
    .addOption(
      option(
        '--batch <count>',
        'images in one pass of the model (default: 8, fewer where it is large)',
        read.positiveInteger('--batch', 'images in one pass'),
      ),
    )
    .addOption(
      option(
        '--workers <count>',
        'threads that each explain pictures from file to file (default: by cores and memory; 1 on a GPU)',
        read.positiveInteger('--workers', 'threads'),
      ),
    )
    .option('--list <file>', 'a file of further inputs, one path per line; - reads standard input')
    .addOption(
      option(
        '--pack <count>',
        'arrays of this many images, part-00000.mi-cam.npy …, with index.jsonl, instead of files per picture',
        read.positiveInteger('--pack', 'images per array'),
      ),
    );
}
