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
 * Brings buffers to the host. All that are asked for in one turn come through one buffer, which is waited for once: each wait is a
 * way to the device and back.
 */
export class ReadBack {
  private waiting: Part[] = [];

  constructor(private readonly device: Device) {}

  /** Whether copies are still to be recorded: until then buffers that are asked for must stay. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Fills `to` from a buffer's start, some time after `record`. */
  add(from: GPUBuffer, to: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.push({ from, to, resolve, reject }));
  }

  /** Records all copies that are asked for. @returns What to call once they are submitted. */
  record(encoder: GPUCommandEncoder): () => void {
    const bringing = this.groups().map((parts) => {
      try {
        const staging = this.device.staging(bytesOf(parts));
        let at = 0;
        for (const { from, to } of parts) {
          encoder.copyBufferToBuffer(from, 0, staging, at, to.length);
          at += to.length;
        }
        return () => this.bring(parts, staging);
      } catch (cause) {
        for (const { reject } of parts) reject(cause);
        return () => undefined;
      }
    });
    return () => {
      for (const bring of bringing) bring();
    };
  }

  /** As many together as one buffer takes. */
  private groups(): Part[][] {
    const groups: Part[][] = [];
    for (const part of this.waiting) {
      const last = groups.at(-1);
      if (last && bytesOf(last) + part.to.length <= this.device.limit()) last.push(part);
      else groups.push([part]);
    }
    this.waiting = [];
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
