import type { Redis } from 'ioredis';
import { CamError } from '../../errors.js';

/** BullMQ, loaded, and an open connection to Redis. */
export interface Engine {
  readonly bullmq: Pick<typeof import('bullmq'), 'Queue' | 'Worker' | 'WaitingError'>;
  readonly redis: Redis;
  /** The address without its password, for messages. */
  readonly address: string;
  /** Aborted where the connection to Redis is lost for good: every further command fails. */
  readonly lost: AbortSignal;
}

/** Milliseconds to wait for a server that does not respond. */
const PATIENCE = 5000;

/** Attempts to reconnect, about a minute in all: Redis may be restarted while a worker runs. */
const RECONNECTIONS = 30;

/** Reads the address of a Redis server. Throws `CamError` `option`. */
export function redisUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '') return text;
  throw new CamError(
    'option',
    `--redis: expected an address as in redis://host:6379 (rediss:// with TLS), got "${url ? shown(text) : text}".`,
  );
}

/** An address without its password. */
function shown(address: string): string {
  const url = new URL(address);
  if (url.password !== '') url.password = '***';
  return url.href;
}

async function load() {
  try {
    const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { bullmq, ioredis };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new CamError(
      'option',
      'queue: the packages bullmq and ioredis (they are optional) are not installed. ' +
        'Install them where onnx-cam is: npm install bullmq ioredis.',
      { cause: error },
    );
  }
}

const late = (milliseconds: number): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer in ${milliseconds / 1000} s`)), milliseconds).unref();
  });

/**
 * Loads BullMQ, connects to Redis and runs a task. Closes the connection when the task has ended.
 * @throws {CamError} `option` where the packages are missing; `backend` where Redis cannot be reached, or is
 *   lost for good during the task.
 */
export async function withEngine<T>(url: string, task: (engine: Engine) => Promise<T>): Promise<T> {
  const address = shown(redisUrl(url));
  const { bullmq, ioredis } = await load();
  let connected = false;
  let reason = '';
  const redis = new ioredis.Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE,
    // BullMQ requires this: its blocking commands wait without a limit.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (connected && times <= RECONNECTIONS ? Math.min(200 * times, 2000) : null),
  });
  redis.on('error', (error: Error) => {
    reason = error.message || ('code' in error ? String(error.code) : '');
  });
  // BullMQ stops listening to its own connection before it is closed. This connection reports the same
  // errors.
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (options) => duplicate(options).on('error', () => undefined);
  const refuse = (what: string, cause?: unknown): never => {
    const why = (reason || (cause instanceof Error ? cause.message : String(cause))).replace(/\.+$/, '');
    throw new CamError(
      'backend',
      `--redis: ${what} ${address}: ${why}. ` +
        'Start a Redis there (redis-server), or give the address of another with --redis or ONNX_CAM_REDIS.',
      { cause },
    );
  };
  try {
    await Promise.race([redis.connect().then(() => redis.ping()), late(PATIENCE)]).catch((error: unknown) =>
      refuse('could not reach', error),
    );
    connected = true;
    const lost = new AbortController();
    redis.once('end', () => lost.abort());
    return await task({ bullmq, redis, address, lost: lost.signal }).catch((error: unknown) =>
      lost.signal.aborted ? refuse('lost', error) : Promise.reject(error),
    );
  } finally {
    redis.removeAllListeners('end');
    // `quit` on a closed connection would never resolve.
    if (redis.status !== 'end') redis.disconnect();
  }
}
