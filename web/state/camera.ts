/** Explains what a camera sees, frame by frame: the next is taken when the one before has been explained. */
import { batch, signal } from '@preact/signals';
import { frameOf } from '../files/shown.js';
import { engine } from './engine.js';
import { answered, isLive, targetsNow } from './explaining.js';
import { isFast } from './method-list.js';
import { askedMethods, refusal, results } from './methods.js';
import { opened } from './model.js';
import { fail, forgetErrors } from './notices.js';
import { picture, showFrame } from './pictures.js';

/** Frames per second, a mean over the last second or so; missing: no camera runs. */
export const frameRate = signal<number | undefined>(undefined);

let stream: MediaStream | undefined;

/** Why no camera can be used here; undefined where one can. */
function cameraObstacle(): string | undefined {
  if (!isSecureContext)
    return 'Browsers lend the camera only to pages that come by https (or from this computer). Open this page by https, or choose a picture.';
  if (!navigator.mediaDevices?.getUserMedia) return 'This browser lends no camera. Choose a picture.';
  return undefined;
}

const reasons: Readonly<Record<string, string>> = {
  NotAllowedError: 'the browser, or you, did not allow it. Allow the camera for this page, then try again',
  NotFoundError: 'none was found. Connect one, then try again',
  NotReadableError: 'another program uses it. Close that program, then try again',
};

/** Resolves when the camera was stopped. What goes wrong is said. */
export async function startCamera(): Promise<void> {
  if (isLive.value) return;
  forgetErrors();
  const obstacle = cameraObstacle();
  if (obstacle !== undefined) return fail(obstacle);
  isLive.value = true;
  try {
    const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
    const own = await navigator.mediaDevices.getUserMedia({
      video: { width: { ideal: 640 }, facingMode: { ideal: 'environment' } },
    });
    stream = own;
    // Stopped while the browser asked: or unplugged while it ran.
    for (const track of own.getTracks()) track.addEventListener('ended', stopCamera);
    if (!isLive.value) return;
    video.srcObject = own;
    await video.play();
    await explainFrames(video, own);
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    fail(name in reasons ? `The camera cannot be used: ${reasons[name]}, or choose a picture.` : error);
  } finally {
    stopCamera();
  }
}

export function stopCamera(): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = undefined;
  batch(() => {
    frameRate.value = undefined;
    isLive.value = false;
  });
}

async function explainFrames(video: HTMLVideoElement, own: MediaStream): Promise<void> {
  let mean: number | undefined;
  while (isLive.value && stream === own) {
    const before = picture.value;
    const start = performance.now();
    // At most one frame per frame of the screen, and none while the page is hidden.
    const [show] = await Promise.all([explainFrame(video), new Promise(requestAnimationFrame)]);
    // Another picture was chosen meanwhile.
    if (picture.value !== before) return;
    show();
    const seconds = (performance.now() - start) / 1000;
    // Weighted so that a change shows within a second, at any rate.
    const weight = Math.min(1, seconds);
    mean = mean === undefined ? seconds : mean + weight * (seconds - mean);
    if (isLive.value) frameRate.value = 1 / mean;
  }
}

/** Gives what brings the next frame on the page with its maps. */
async function explainFrame(video: HTMLVideoElement): Promise<() => void> {
  const [open, targets] = [opened.value, targetsNow()];
  const frame = frameOf(video);
  const methods = askedMethods.value.filter((method) => isFast(method) && refusal(method) === undefined);
  const explained = await engine().ask({
    kind: 'explain',
    picture: { id: frame.id, pixels: frame.picture },
    methods,
    targets,
  });
  return () => {
    // Another class was chosen meanwhile: the next frame has it.
    if (!isLive.value || open !== opened.value || targets.join() !== targetsNow().join()) return;
    batch(() => {
      showFrame(frame);
      // What takes many passes waits until the camera stands still.
      const kept = Object.entries(results.value).filter(([method]) => methods.includes(method));
      results.value = Object.fromEntries(kept);
      answered(explained, frame);
    });
  };
}
