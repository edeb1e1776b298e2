import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser } from '../browser.js';
import { type StateVisit, settled, visitState } from './visit.js';

describe.skipIf(noBrowser)(`what is explained${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: StateVisit;

  beforeAll(async () => {
    visited = await visitState();
    await visited.page.evaluate(() => state.start.start());
    await settled(visited.page);
  });
  afterAll(() => visited?.end());

  test('begins with two birds, and both their classes', async () => {
    const begun = await visited.page.evaluate(() => {
      const { methods, notices, pictures, question } = state;
      const maps = methods.results.value['grad-cam'].maps;
      return {
        name: pictures.picture.value?.name,
        classes: [maps?.classA, maps?.classB],
        ranking: question.ranking.value.slice(0, 2),
        states: Object.values(methods.results.value).map(({ state }) => state),
        notices: notices.notices.value,
        first: state.explaining.firstMapAfter.value,
      };
    });
    expect(begun).toMatchObject({ name: 'stacked-3.png', classes: begun.ranking, notices: [] });
    expect(begun.states).toEqual(['done', 'done', 'done', 'done']);
  });
});
