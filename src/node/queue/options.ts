import { Option } from 'commander';
import { CamError } from '../../errors.js';
import { redisUrl } from './engine.js';

export interface QueueFlags {
  readonly redis: string;
  readonly queue: string;
}

/** Reads the name of a queue. Throws `CamError` `option`. */
export function queueName(text: string): string {
  if (/^[\w.-]+$/.test(text)) return text;
  throw new CamError(
    'option',
    `--queue: expected a name of letters, digits, ".", "_" and "-", got "${text}".`,
  );
}

/** The options that name the queue. */
export const queueOptions = (): readonly Option[] => [
  new Option('--redis <address>', 'the Redis that holds the queue')
    .argParser(redisUrl)
    .env('ONNX_CAM_REDIS')
    .default('redis://127.0.0.1:6379'),
  new Option('--queue <name>', 'name of the queue').argParser(queueName).default('onnx-cam'),
];
