import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Seconds for which Redis keeps the mark of a process that died. */
const KEPT = 3600;

/**
 * Notices when Redis has forgotten what it held: started again without its data, or emptied. A mark is left
 * there and looked for.
 */
export class RedisMemory {
  private readonly key = `onnx-cam:mark:${randomBytes(8).toString('hex')}`;

  constructor(private readonly redis: Pick<Redis, 'set' | 'expire' | 'del'>) {}

  async begin(): Promise<void> {
    await this.redis.set(this.key, '1', 'EX', KEPT);
  }

  /** Whether Redis holds what it held when this was begun. */
  async holds(): Promise<boolean> {
    return (await this.redis.expire(this.key, KEPT)) === 1;
  }

  async end(): Promise<void> {
    await this.redis.del(this.key);
  }
}
