// Makes the GPU tables of docs/performance.md from the `result.json` that the kit of gpu-pack.mjs writes.

const micros = (value) =>
  `${value < 100 ? Number(value.toPrecision(3)) : Math.round(value).toLocaleString('en')} µs`;

const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (heads, rows) => `${[row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n')}\n`;

/** Every table and figure by its name in the page. @param result  Content of `result.json`. */
export function gpuTables({ adapter, date, checks, atomicsPerSecond, mutualInformation, rows }) {
  if (checks.failed > 0)
    throw new Error(`${checks.failed} answers of this result are wrong: no figure is taken.`);
  const information = mutualInformation.map(
    ({ channels, side, bins, batch, samplesPerSecond, atomicShare }) => {
      const size = `batch ${batch}, ${channels}×${side}×${side} → 224×224, ${bins} bins`;
      const timing = rows.find((one) => one.name === 'mutualInformation' && one.size === size);
      if (!timing) throw new Error(`no timing of mutualInformation, ${size}.`);
      return [
        `${channels}×${side}×${side}, ${bins}`,
        batch,
        micros(timing.microseconds),
        micros(timing.wallMicroseconds),
        Math.round((1e6 * batch) / timing.microseconds).toLocaleString('en'),
        Math.round(samplesPerSecond / 1e9).toLocaleString('en'),
        `${(100 * atomicShare).toFixed(0)} %`,
      ];
    },
  );
  const kernels = rows
    .filter(({ size }) => !size.startsWith('batch '))
    .map(({ name, size, microseconds, wallMicroseconds, dispatches }) => [
      `\`${name}\`, ${size}`,
      micros(microseconds),
      micros(wallMicroseconds),
      Math.round(dispatches),
    ]);
  const time = ['GPU', 'host'];
  return {
    'gpu-machine': `${adapter}, ${date.slice(0, 10)}`,
    'gpu-checks': String(checks.passed),
    'gpu-additions': `${Math.round(atomicsPerSecond / 1e9).toLocaleString('en')} G/s`,
    'gpu-mutual-information': table(
      [
        'layer → 224×224, bins',
        'pictures a batch',
        ...time,
        'pictures/s',
        'G samples/s',
        'share of additions',
      ],
      information,
    ),
    'gpu-kernels': table(['kernel', ...time, 'dispatches'], kernels),
  };
}
