import type { Dependencies } from './dependencies.js';
import { Interrupted } from './interrupted.js';

/** Milliseconds that current work has to finish once the user wants to stop. */
const GRACE = 500;

/**
 * The user's wish to stop, at the first Ctrl-C or SIGTERM. Nothing more is begun then. Half a second later
 * the signal ends what is still running, between two passes of the model.
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

  /** Aborted, with an `Interrupted`, where the current work took too long. */
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
