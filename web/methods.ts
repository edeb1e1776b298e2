/** The list of methods to choose from, by what they cost. */
import { methods } from '../src/index.js';
import { make } from './dom.js';

const names: Readonly<Record<string, string>> = {
  'mi-cam': 'MI-CAM',
  cam: 'CAM',
  'info-cam': 'infoCAM',
  'info-cam+': 'infoCAM+',
  'grad-cam': 'Grad-CAM',
  'grad-cam++': 'Grad-CAM++',
  'xgrad-cam': 'XGrad-CAM',
  'hires-cam': 'HiResCAM',
  'layer-cam': 'LayerCAM',
  'grad-cam-elementwise': 'Grad-CAM elementwise',
  'smooth-grad-cam++': 'Smooth Grad-CAM++',
  'integrated-grad-cam': 'Integrated Grad-CAM',
  'eigen-cam': 'Eigen-CAM',
  'eigen-grad-cam': 'Eigen-Grad-CAM',
  'score-cam': 'Score-CAM',
  'ablation-cam': 'Ablation-CAM',
  'recipro-cam': 'Recipro-CAM',
  calm: 'CALM',
  'calm-conditional': 'CALM conditional',
  'calm-softmax': 'CALM softmax',
  'calm-saliency': 'CALM saliency',
  'mean-activation': 'Mean activation',
  'random-cam': 'Random (a control)',
};

/** A method's name as its paper writes it. */
export const title = (method: string): string => names[method] ?? method;

const groups = ['One forward pass', 'With gradients', 'Many passes, slower', 'Only CALM models'] as const;

function groupOf(name: string): (typeof groups)[number] {
  const method = methods[name]();
  const needs: readonly string[] = method.needs;
  const runsTheModel = !('map' in method) && needs.some((need) => need !== 'activations');
  if (runsTheModel) return groups[2];
  if (needs.includes('positionScores') || needs.includes('attention')) return groups[3];
  return needs.includes('gradients') ? groups[1] : groups[0];
}

/** Fills `list` with a check box per method; `changed` gets the chosen ones in the list's order. */
export function listMethods(
  list: HTMLElement,
  chosen: readonly string[],
  changed: (methods: readonly string[]) => void,
): void {
  const boxes: HTMLInputElement[] = [];
  for (const group of groups) {
    const row = make('div', { className: 'chips', role: 'group', ariaLabel: group });
    for (const name of Object.keys(methods).filter((method) => groupOf(method) === group)) {
      const box = make('input', { type: 'checkbox', value: name, checked: chosen.includes(name) });
      boxes.push(box);
      row.append(make('label', { className: 'chip' }, box, make('span', {}, title(name))));
    }
    list.append(make('p', { className: 'group' }, group), row);
  }
  list.addEventListener('change', () => {
    changed(boxes.filter(({ checked }) => checked).map(({ value }) => value));
  });
}
