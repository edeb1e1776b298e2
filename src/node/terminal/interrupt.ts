import type { Dependencies } from './dependencies.js';
import { Interrupted } from './interrupted.js';

/** Milliseconds that current work may take after the user requested to stop. */
const GRACE = 500;

/**
 * The user's request to stop, by the first Ctrl-C or SIGTERM. No new work starts then. Half a second later
 * the signal aborts what still runs, between two passes of the model.
 */
export class Interrupt {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private ignore: (() => void) | undefined;
  private requested = false;

  /** @param inHand  The current work, for the message. */
  constructor(
    private readonly deps: Pick<Dependencies, 'onInterrupt' | 'stderr'>,
    private readonly inHand: string,
    private readonly then: () => void = () => undefined,
  ) {}

  /** Aborted with an `Interrupted` where the current work took too long. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** True once the user requested to stop. */
  get stopping(): boolean {
    return this.requested;
  }

  /** Whether an error means that the user stopped the program. */
  caused(error: unknown): boolean {
    return this.signal.aborted && error === this.signal.reason;
  }

  listen(): void {
    this.ignore = this.deps.onInterrupt(() => {
      this.requested = true;
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
