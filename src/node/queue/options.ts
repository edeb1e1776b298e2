import { Option } from 'commander';
import { redisUrl } from './engine.js';
import { queueName } from './queue.js';

export interface QueueFlags {
  readonly redis: string;
  readonly queue: string;
}

/** The options that say which queue. */
export const queueOptions = (): readonly Option[] => [
  new Option('--redis <address>', 'the Redis that holds the queue')
    .argParser(redisUrl)
    .env('ONNX_CAM_REDIS')
    .default('redis://127.0.0.1:6379'),
  new Option('--queue <name>', 'name of the queue').argParser(queueName).default('onnx-cam'),
];
