/** The page's state without its document: what tests drive. */
import * as camera from '../../../web/state/camera.js';
import * as cover from '../../../web/state/cover.js';
import * as explaining from '../../../web/state/explaining.js';
import * as look from '../../../web/state/look.js';
import * as methods from '../../../web/state/methods.js';
import * as model from '../../../web/state/model.js';
import * as notices from '../../../web/state/notices.js';
import * as pictures from '../../../web/state/pictures.js';
import * as question from '../../../web/state/question.js';
import * as scoring from '../../../web/state/scoring.js';
import * as start from '../../../web/state/start.js';
import * as take from '../../../web/state/take.js';

const state = {
  camera,
  cover,
  explaining,
  look,
  methods,
  model,
  notices,
  pictures,
  question,
  scoring,
  start,
  take,
};

export type State = typeof state;

Object.assign(globalThis, { state });
