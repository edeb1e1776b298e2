import type { Redis } from 'ioredis';
import { CamError } from '../../errors.js';

/** The queue's engine, loaded, and an open connection to Redis. */
export interface Engine {
  readonly bullmq: Pick<typeof import('bullmq'), 'Queue' | 'Worker' | 'WaitingError'>;
  readonly redis: Redis;
  /** The address without its password, for texts. */
  readonly address: string;
  /** Aborted where Redis is gone for good: every further command fails. */
  readonly lost: AbortSignal;
}

/** Milliseconds until a server that does not answer is given up. */
const PATIENCE = 5000;

/** Attempts to reconnect, about a minute: Redis may be restarted under a worker. */
const RECONNECTIONS = 30;

/** Reads the address of a Redis. Throws `CamError` `option`. */
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
 * Loads the engine, connects to Redis and runs a task; the connection is closed when the task is over.
 * @throws {CamError} `option` where the packages are missing; `backend` where Redis cannot be reached, or is
 *   lost for good meanwhile.
 */
export async function withEngine<T>(url: string, task: (engine: Engine) => Promise<T>): Promise<T> {
  const address = shown(redisUrl(url));
  const { bullmq, ioredis } = await load();
  let connected = false;
  let reason = '';
  const redis = new ioredis.Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE,
    // As BullMQ asks for: what waits for jobs waits as long as it takes.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (connected && times <= RECONNECTIONS ? Math.min(200 * times, 2000) : null),
  });
  redis.on('error', (error: Error) => {
    reason = error.message || ('code' in error ? String(error.code) : '');
  });
  // BullMQ stops listening to its own copy before that is closed; it has nothing to tell that this one does
  // not.
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
    // What is closed already would be waited for.
    if (redis.status !== 'end') redis.disconnect();
  }
}
