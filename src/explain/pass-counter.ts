import type { AnyMethod } from '../methods/method.js';
import type { Session } from '../runtime/index.js';
import type { MethodProgress } from './options.js';
import type { Prepared } from './prepare.js';

export interface PassOptions {
  /** Milliseconds of the batch's forward pass, for one image. */
  readonly pass: number;
  /** The same once the session is warm: what further passes will take. */
  readonly usualPass: number;
  readonly onProgress?: (progress: MethodProgress) => void;
}

const fastest = new WeakMap<Session, number>();

/**
 * Milliseconds that a pass of a warm session takes for one image: the fewest so far. The first pass of a
 * session takes up to three times as long, since the runtime allocates and compiles in it.
 * @param again  Times another pass; called after a session's first one.
 */
export async function usualPass(
  session: Session,
  milliseconds: number,
  again: () => Promise<number>,
): Promise<number> {
  const before = fastest.get(session) ?? (await again());
  const least = Math.min(before, milliseconds);
  fastest.set(session, least);
  return least;
}

/** A pass forwards and backwards takes about so many passes forwards. */
const BOTH_WAYS = 3;

/** Tells how far one method is on one batch. */
export class PassCounter {
  private readonly started = performance.now();
  /** When the passes of the image that is being explained began. */
  private begun = 0;
  private gone = 0;

  constructor(
    private readonly method: AnyMethod,
    private readonly images: readonly Prepared[],
    private readonly options: PassOptions,
  ) {
    this.tellElsewhere();
  }

  /** @param isWhole  Whether passes are such of the whole model, whose time is known before. */
  passed(at: number, done: number, passes: number, isWhole: boolean): void {
    if (done === 0) this.begun = performance.now();
    const guess = isWhole ? (this.options.usualPass * passes) / 1000 : undefined;
    this.tell(at, done, passes, done === 0 ? guess : this.expected(this.begun, done, passes));
  }

  /** Another pass of all images of the batch. */
  elsewhere(): void {
    this.gone++;
    this.tellElsewhere();
  }

  private tellElsewhere(): void {
    const passes = 'passes' in this.method ? this.method.passes : undefined;
    if (passes === undefined) return;
    const guess = (BOTH_WAYS * this.options.usualPass * passes) / 1000;
    const whole = this.expected(this.started, this.gone, passes);
    // Images of a batch share each pass.
    this.tell(0, this.gone, passes, this.gone === 0 ? guess : whole / this.images.length);
  }

  private expected(since: number, done: number, passes: number): number {
    return (((performance.now() - since) / 1000) * passes) / done;
  }

  private tell(at: number, done: number, passes: number, expectedSeconds: number | undefined): void {
    const { image } = this.images[at];
    const { name: method } = this.method;
    this.options.onProgress?.({
      ...{ image, method, done, passes },
      ...(expectedSeconds !== undefined && { expectedSeconds }),
    });
  }
}
