/** A copy that is to come from the device. */
interface Part {
  readonly from: GPUBuffer;
  readonly to: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** What reading back needs of a backend. */
export interface Device {
  /** Bytes that one buffer can have. */
  limit(): number;
  /** A buffer that the host can look into. */
  staging(bytes: number): GPUBuffer;
  /** Settles when all that was submitted has been checked; rejects with what was wrong. */
  checked(): Promise<void>;
}

/**
 * Brings buffers to the host. All that are asked for in one turn come through one buffer, which is waited for
 * once: each wait is a way to the device and back.
 */
export class ReadBack {
  private waiting: Part[] = [];

  constructor(private readonly device: Device) {}

  /** Whether copies are still to be submitted: until then buffers that are asked for must stay. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Fills `to` from a buffer's start, some time after `submit`. */
  add(from: GPUBuffer, to: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.push({ from, to, resolve, reject }));
  }

  /**
   * Has all copies that are asked for recorded and submitted, and brings them to the host.
   * @param submit  Submits what the encoder holds; what it throws is also what those who wait are told.
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

  /** As many together as one buffer takes. */
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
      // Both are waited for, even when mapping fails: the reason is in the checks.
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
