// Smaller ones a driver takes out of what it has; a larger one costs most of a millisecond on NVIDIA's, more
// than most kernels.
const LEAST = 2 ** 20;
const MOST_BUFFERS = 16;
const MOST_BYTES = 2 ** 28;

/**
 * Large buffers that nobody needs any more, kept for those who want one of the same size; few, the latest.
 */
export class BufferPool {
  private readonly free: GPUBuffer[] = [];

  /** One of exactly this size and usage, with whatever it holds. */
  take(size: number, usage: GPUBufferUsageFlags): GPUBuffer | undefined {
    const at = this.free.findLastIndex((buffer) => buffer.size === size && buffer.usage === usage);
    return at < 0 ? undefined : this.free.splice(at, 1)[0];
  }

  /** Takes a buffer whose last use has been submitted: what is submitted later finds it free. */
  give(buffer: GPUBuffer): void {
    if (buffer.size < LEAST) {
      buffer.destroy();
      return;
    }
    this.free.push(buffer);
    let bytes = this.free.reduce((sum, { size }) => sum + size, 0);
    while (this.free.length > MOST_BUFFERS || bytes > MOST_BYTES) {
      const oldest = this.free.shift()!;
      bytes -= oldest.size;
      oldest.destroy();
    }
  }

  clear(): void {
    for (const buffer of this.free.splice(0)) buffer.destroy();
  }
}
