/** What the model says of the picture: classes with bars, which move while it is covered. */
import { useSignal } from '@preact/signals';
import { percentage } from '../stage/percentage.js';
import { mode } from '../state/look.js';
import {
  baseline,
  type ClassRow,
  chooseClass,
  classA,
  classB,
  className,
  compareWith,
  coveredScores,
  findClasses,
  indexA,
  labelProblem,
  predicted,
  swapClasses,
} from '../state/question.js';
import { isScored } from '../state/scoring.js';

const AT_FIRST = 5;
const FOUND = 40;

/** The change in hundredths, `−62`; nothing where there is none to see. */
function change(difference: number): string {
  const points = Math.round(100 * difference);
  if (points === 0) return '';
  return points < 0 ? `−${-points}` : `+${points}`;
}

function Bar({ probability, before }: { readonly probability: number; readonly before: number }) {
  return (
    <span class="bar" aria-hidden="true">
      <i class="was" style={{ width: `${100 * before}%` }} />
      <i class="now" style={{ width: `${100 * probability}%` }} />
    </span>
  );
}

function Row({ row: { index, name, probability, difference } }: { readonly row: ClassRow }) {
  const tag = index === indexA.value ? 'A' : index === classB.value ? 'B' : undefined;
  const isSecond = tag === 'B';
  return (
    <li class="class" data-class={index} data-tag={tag}>
      <button
        type="button"
        class="class-choose"
        aria-pressed={tag === 'A'}
        title={`Explain ${name} (class ${index})`}
        onClick={() => chooseClass(index)}
      >
        {tag && <span class={`tag tag-${tag}`}>{tag}</span>}
        <span class="class-name">{name}</span>
        <span class="number share">
          {percentage(probability)}
          {(mode.value === 'cover' || coveredScores.value) && (
            <span class={difference < 0 ? 'down' : 'up'}> {coveredScores.value && change(difference)}</span>
          )}
        </span>
        <Bar probability={probability} before={probability - difference} />
      </button>
      {tag !== 'A' && (
        <button
          type="button"
          class="quiet compare"
          aria-pressed={isSecond}
          aria-label={isSecond ? `No longer compare with ${name}` : `Compare with ${name}`}
          title={isSecond ? 'One class again' : 'Compare: make it B'}
          onClick={() => compareWith(isSecond ? undefined : index)}
        >
          {isSecond ? '×' : 'B'}
        </button>
      )}
    </li>
  );
}

export function ClassesPanel() {
  const typed = useSignal('');
  const count = baseline.value?.length ?? 0;
  const rows = findClasses(typed.value, typed.value.trim() === '' ? AT_FIRST : FOUND);
  const [chosen, seen] = [classA.value, predicted.value];
  return (
    <section class="group" aria-labelledby="classes-title">
      <h2 id="classes-title">What it says</h2>
      <input
        id="class-search"
        type="search"
        class="search"
        aria-label="Find a class"
        placeholder={count > 0 ? `Search ${count} classes` : 'Find a class'}
        value={typed.value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
        }}
      />
      <ul class="classes" id="classes" aria-busy={!isScored.value}>
        {rows.map((row) => (
          <Row key={row.index} row={row} />
        ))}
      </ul>
      {count > 0 && rows.length === 0 && <p class="hint">No class is called “{typed.value.trim()}”.</p>}
      {classB.value !== undefined && (
        <p class="row">
          <button type="button" class="quiet" onClick={swapClasses}>
            Swap A and B
          </button>
          <button type="button" class="quiet" onClick={() => compareWith(undefined)}>
            One class
          </button>
        </p>
      )}
      {chosen !== 'predicted' && seen !== undefined && (
        <p class="row">
          <button type="button" class="quiet" onClick={() => chooseClass('predicted')}>
            {chosen === seen ? 'Follow the most probable class' : `Back to ${className(seen)}`}
          </button>
        </p>
      )}
      {labelProblem.value && <p class="warning">{labelProblem.value}</p>}
    </section>
  );
}
