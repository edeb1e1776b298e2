import { frameOf, type Shown } from './picture.js';

/**
 * Explains what a camera sees until it is stopped: the next frame is taken when the one before has been
 * explained.
 */
export class Camera {
  #stream: MediaStream | undefined;
  readonly #video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });

  /**
   * @param explain  Resolves when the frame has been explained.
   * @param rate  Gets the frames per second, a mean over the last second or so; `undefined` at the end.
   */
  constructor(
    private readonly explain: (frame: Shown) => Promise<void>,
    private readonly rate: (framesPerSecond: number | undefined) => void,
  ) {}

  get running(): boolean {
    return this.#stream !== undefined;
  }

  /** @throws {Error} where there is no camera, or it may not be used. */
  async start(): Promise<void> {
    const stream = await navigator.mediaDevices
      .getUserMedia({ video: { width: { ideal: 640 }, facingMode: { ideal: 'environment' } } })
      .catch((cause: unknown) => {
        throw new Error(`The camera cannot be used (${String(cause)}). Choose a picture instead.`, { cause });
      });
    this.#stream = stream;
    this.#video.srcObject = stream;
    await this.#video.play();
    await this.#frames(stream);
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.#video.srcObject = null;
    this.rate(undefined);
  }

  async #frames(stream: MediaStream): Promise<void> {
    const video = this.#video;
    let mean: number | undefined;
    while (this.#stream === stream) {
      const start = performance.now();
      // At most one frame per frame of the screen, and none while the page is hidden.
      await Promise.all([this.explain(frameOf(video, 'camera')), new Promise(requestAnimationFrame)]);
      const seconds = (performance.now() - start) / 1000;
      // Weighted so that a change shows within a second, at any rate.
      const weight = Math.min(1, seconds);
      mean = mean === undefined ? seconds : mean + weight * (seconds - mean);
      if (this.#stream === stream) this.rate(1 / mean);
    }
  }
}
