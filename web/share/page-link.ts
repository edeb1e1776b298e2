/** The page's state as links have it. */
import { batch, effect, untracked } from '@preact/signals';
import { percent } from '../state/cover.js';
import { colormap, mode, opacity } from '../state/look.js';
import { ask, askedMethods, drop, shownMethod } from '../state/methods.js';
import { chooseLayer, layer, model, opened } from '../state/model.js';
import { say } from '../state/notices.js';
import { choosePicture, picture, pictures } from '../state/pictures.js';
import { baseline, chooseClass, classA, classB, compareWith, side } from '../state/question.js';
import { openBirds } from '../state/start.js';
import { type Controls, Link } from './link.js';
import type { PageState } from './page-state.js';

const now = (): PageState => ({
  picture: picture.value?.name,
  model: model.value?.bundled ? undefined : model.value?.file.name,
  classA: classA.value,
  classB: classB.value ?? 'none',
  side: side.value,
  methods: askedMethods.value,
  shown: shownMethod.value,
  layer: layer.value,
  colormap: colormap.value,
  opacity: Math.round(100 * opacity.value),
  cover: percent.value,
});

/** Of the open model, also while another picture waits for its scores. */
let classCount = Number.POSITIVE_INFINITY;

const controls: Controls = {
  now,
  showPicture: async (name) => {
    const position = pictures.value.findIndex((shown) => shown.name === name);
    if (position < 0) return false;
    if (picture.value?.name !== name) choosePicture(position);
    return true;
  },
  openModel: async (name) => {
    if (name !== undefined) return model.value?.file.name === name && !model.value.bundled;
    return model.value?.bundled === true || openBirds();
  },
  limits: () => ({
    classes: classCount,
    layers: opened.value?.layers.map((one) => one.name) ?? [],
  }),
  set: async (state) => {
    if (state.layer !== layer.value) await chooseLayer(state.layer);
    batch(() => {
      if (state.colormap) colormap.value = state.colormap;
      if (state.opacity !== undefined) opacity.value = state.opacity / 100;
      if (state.cover !== undefined) percent.value = state.cover;
      if (state.cover) mode.value = 'cover';
      if (state.classA !== undefined) chooseClass(state.classA);
      if (state.classB !== undefined) compareWith(state.classB === 'none' ? undefined : state.classB);
      if (state.side && (classB.value !== undefined || state.side === 'A')) side.value = state.side;
      const wanted = state.methods ?? askedMethods.value;
      for (const method of wanted) if (!askedMethods.value.includes(method)) ask(method);
      for (const method of askedMethods.value) if (!wanted.includes(method)) drop(method);
      if (state.shown && wanted.includes(state.shown)) shownMethod.value = state.shown;
    });
  },
  say,
};

/** From here on the address says what the page shows. To be called once the page has begun. */
export function followLinks(): void {
  effect(() => {
    if (baseline.value) classCount = baseline.value.length;
  });
  const link = new Link(now(), controls);
  void link.read();
  let names: readonly string[] = [];
  effect(() => {
    const here = [...pictures.value.map(({ name }) => name), model.value?.file.name ?? ''];
    const arrived = here.filter((name) => !names.includes(name));
    names = here;
    if (arrived.length > 0) untracked(() => void link.arrived(arrived));
  });
  effect(() => {
    now();
    if (picture.value?.from !== 'camera') untracked(() => link.changed());
  });
}
