import type { Dependencies } from './dependencies.js';
import { Interrupted } from './interrupted.js';

/** Milliseconds that work in hand has for coming to its end once the user wants to stop. */
const GRACE = 500;

/**
 * The user's wish to stop, at the first Ctrl-C or SIGTERM: then nothing more is begun, and half a second later the signal ends what is still
 * in hand, between two passes of the model.
 */
export class Interrupt {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private ignore: (() => void) | undefined;
  private asked = false;

  /** @param inHand  What is finished if that takes no longer, for the message. */
  constructor(
    private readonly deps: Pick<Dependencies, 'onInterrupt' | 'stderr'>,
    private readonly inHand: string,
    private readonly then: () => void = () => undefined,
  ) {}

  /** Aborted, with an `Interrupted`, where the work in hand took too long. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** True once the user wants to stop. */
  get stopping(): boolean {
    return this.asked;
  }

  /** Whether an error is not one, but the end that the user wanted. */
  caused(error: unknown): boolean {
    return this.signal.aborted && error === this.signal.reason;
  }

  listen(): void {
    this.ignore = this.deps.onInterrupt(() => {
      this.asked = true;
      this.deps.stderr.write(
        `onnx-cam: stopping after ${this.inHand}, in half a second at the latest; press Ctrl-C again to quit at once.\n`,
      );
      this.timer = setTimeout(() => this.controller.abort(new Interrupted()), GRACE);
      this.then();
    });
  }

  end(): void {
    this.ignore?.();
    clearTimeout(this.timer);
  }
}
