/** A copy that was requested from the device. */
interface Part {
  readonly from: GPUBuffer;
  readonly to: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** What `ReadBack` needs of a backend. */
export interface Device {
  /** Most bytes of one buffer. */
  limit(): number;
  /** A buffer that the host can map for reading. */
  staging(bytes: number): GPUBuffer;
  /** Settles when all submitted work has been checked; rejects with the first error. */
  checked(): Promise<void>;
}

/**
 * Copies buffers to the host. All copies that are requested in one turn of the event loop share one staging
 * buffer, so they need one wait: each wait is a round trip to the device.
 */
export class ReadBack {
  private waiting: Part[] = [];

  constructor(private readonly device: Device) {}

  /** Whether requested copies are not submitted yet. Until then their buffers must be kept. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Requests a copy of the start of a buffer into `to`. It arrives some time after `submit`. */
  add(from: GPUBuffer, to: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.push({ from, to, resolve, reject }));
  }

  /**
   * Records and submits all requested copies, and brings them to the host.
   * @param submit  Submits the encoder's commands. If it throws, all pending copies reject with the same
   *   error.
   */
  submit(encoder: GPUCommandEncoder, submit: () => void): void {
    const parts = this.waiting;
    this.waiting = [];
    const recorded: [Part[], GPUBuffer][] = [];
    try {
      for (const group of this.groups(parts)) {
        const staging = this.device.staging(bytesOf(group));
        recorded.push([group, staging]);
        let at = 0;
        for (const { from, to } of group) {
          encoder.copyBufferToBuffer(from, 0, staging, at, to.length);
          at += to.length;
        }
      }
      submit();
    } catch (cause) {
      for (const { reject } of parts) reject(cause);
      for (const [, staging] of recorded) staging.destroy();
      throw cause;
    }
    for (const [group, staging] of recorded) void this.bring(group, staging);
  }

  /** Splits the copies into groups that fit one buffer each. */
  private groups(parts: readonly Part[]): Part[][] {
    const groups: Part[][] = [];
    for (const part of parts) {
      const last = groups.at(-1);
      if (last && bytesOf(last) + part.to.length <= this.device.limit()) last.push(part);
      else groups.push([part]);
    }
    return groups;
  }

  private async bring(parts: readonly Part[], staging: GPUBuffer): Promise<void> {
    try {
      // Waits for both, even when mapping fails: the checks hold the reason.
      const [mapped, checked] = await Promise.allSettled([
        staging.mapAsync(GPUMapMode.READ),
        this.device.checked(),
      ]);
      if (checked.status === 'rejected') throw checked.reason;
      if (mapped.status === 'rejected') throw mapped.reason;
      const range = new Uint8Array(staging.getMappedRange());
      let at = 0;
      for (const { to, resolve } of parts) {
        to.set(range.subarray(at, at + to.length));
        at += to.length;
        resolve();
      }
    } catch (cause) {
      for (const { reject } of parts) reject(cause);
    } finally {
      staging.destroy();
    }
  }
}

const bytesOf = (parts: readonly Part[]): number => parts.reduce((sum, { to }) => sum + to.length, 0);
