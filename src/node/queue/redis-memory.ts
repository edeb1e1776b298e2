import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Seconds after which Redis deletes the mark of a process that died. */
const KEPT = 3600;

/**
 * Detects that Redis lost its data: it was restarted without them, or emptied. A mark is written at the start
 * and checked later.
 */
export class RedisMemory {
  private readonly key = `onnx-cam:mark:${randomBytes(8).toString('hex')}`;

  constructor(private readonly redis: Pick<Redis, 'set' | 'expire' | 'del'>) {}

  async begin(): Promise<void> {
    await this.redis.set(this.key, '1', 'EX', KEPT);
  }

  /** Whether Redis still holds the mark. */
  async holds(): Promise<boolean> {
    return (await this.redis.expire(this.key, KEPT)) === 1;
  }

  async end(): Promise<void> {
    await this.redis.del(this.key);
  }
}
