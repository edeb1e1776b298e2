// The page stays smooth while a worker explains: npm install && npx vite
import bird from '../birds/bird-00.png';

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
worker.onmessage = ({ data: { target, map } }) => {
  const strongest = map.saliency.indexOf(1);
  const [y, x] = [Math.floor(strongest / map.shape[1]), strongest % map.shape[1]];
  document.querySelector('p').textContent = `${target.label}: strongest at ${x}, ${y}`;
};

const bitmap = await createImageBitmap(await (await fetch(bird)).blob());
const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
context.drawImage(bitmap, 0, 0);
const picture = context.getImageData(0, 0, bitmap.width, bitmap.height);
worker.postMessage(picture, [picture.data.buffer]);
