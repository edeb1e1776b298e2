// Drivers serve smaller buffers from memory that they hold already. On NVIDIA's driver, allocating a larger
// one takes most of a millisecond, longer than most kernels run.
const LEAST = 2 ** 20;
const MOST_BUFFERS = 16;
const MOST_BYTES = 2 ** 28;

/**
 * Keeps the last few large buffers that are no longer used, so that a tensor of the same size can reuse one.
 */
export class BufferPool {
  private readonly free: GPUBuffer[] = [];

  /** A buffer of exactly this size and usage, if there is one; its contents are undefined. */
  take(size: number, usage: GPUBufferUsageFlags): GPUBuffer | undefined {
    const at = this.free.findLastIndex((buffer) => buffer.size === size && buffer.usage === usage);
    return at < 0 ? undefined : this.free.splice(at, 1)[0];
  }

  /**
   * Adds a buffer. Its last use must have been submitted, so work that is submitted later may overwrite it.
   */
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
