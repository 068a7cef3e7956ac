// @ts-check
/** Medians, ratios, goals and the tables. */
import { columns, median } from '../figures.js';

/**
 * @typedef {import('./run.js').Sample} Sample
 * @typedef {import('./scenarios.js').Scenario} Scenario
 *
 * @typedef {object} Row  the measurements of one contender under one load
 * @property {string} scenario
 * @property {string} load
 * @property {'message' | 'packet' | 'connection' | 'byte'} unit
 * @property {string} name
 * @property {number} median
 * @property {number} min
 * @property {number} max
 * @property {number} cpuMicros
 * @property {number} busy
 * @property {number} peakMegabytes
 * @property {number} disturbed     so many of them
 * @property {number} toRaw         ratio of the medians to the baseline
 * @property {number} cpuToRaw      units per CPU second, to those of the baseline
 * @property {string} goal
 * @property {string} reached
 */

/**
 * @param {Scenario} scenario
 * @param {Sample[]} samples
 * @returns {Row[]}
 */
export function summarise(scenario, samples) {
  return Object.entries(scenario.loads).flatMap(([load, { unit }]) => {
    const known = scenario.contenders
      .map((name) => samples.filter((sample) => sample.load === load && sample.name === name))
      .filter((runs) => runs.length > 0)
      .map((runs) => ({ ...rowOf(runs), unit }));
    const rowFor = (/** @type {string} */ name) => known.find((row) => row.name === name);
    return known.map((row) => {
      const goal = scenario.goals.find(({ name }) => name === row.name);
      return { ...row, ...ratios(row, rowFor(scenario.baseline)), ...verdict(row, goal, rowFor) };
    });
  });
}

/** @param {Sample[]} runs */
function rowOf(runs) {
  const rates = runs.map(({ rate }) => rate);
  const [{ scenario, load, name }] = runs;
  return {
    scenario,
    load,
    name,
    median: median(rates),
    min: Math.min(...rates),
    max: Math.max(...rates),
    cpuMicros: median(runs.map(({ cpuMicros }) => cpuMicros)),
    busy: median(runs.map(({ busy }) => busy)),
    peakMegabytes: Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes)),
    disturbed: runs.filter(({ isDisturbed }) => isDisturbed).length,
  };
}

/**
 * @typedef {ReturnType<typeof rowOf>} Figures
 * @param {Figures} row
 * @param {Figures | undefined} base
 */
function ratios(row, base) {
  if (base === undefined) return { toRaw: NaN, cpuToRaw: NaN };
  return { toRaw: row.median / base.median, cpuToRaw: base.cpuMicros / row.cpuMicros };
}

/**
 * Where the load is the slower of the two, all rates are that of the load, and only what is used of the CPU tells.
 *
 * @param {Figures} row
 * @param {import('./scenarios.js').Goal | undefined} goal
 * @param {(name: string) => Figures | undefined} rowFor
 */
function verdict(row, goal, rowFor) {
  if (goal === undefined) return { goal: '', reached: '' };
  const { toRaw, cpuToRaw } = ratios(row, rowFor(goal.of));
  const byRate = toRaw >= goal.atLeast;
  const byCpu = cpuToRaw >= goal.atLeast;
  return {
    goal: `≥ ${String(goal.atLeast)} ${goal.of}`,
    reached: byRate && byCpu ? 'yes' : byRate ? 'by rate only' : byCpu ? 'by CPU only' : 'no',
  };
}

/** @param {Row[]} rows */
export function table(rows) {
  const [{ unit }] = rows;
  const head = [
    'load',
    'who',
    isBytes(unit) ? 'MB/s' : `${unit}s/s`,
    'min–max',
    '× raw',
    isBytes(unit) ? 'CPU s/GB' : 'CPU µs',
    'CPU × raw',
    'busy',
    'peak MB',
    'goal',
    'reached',
    '',
  ];
  const lines = rows.map((row) => [
    row.load,
    row.name,
    rate(row.unit, row.median),
    `${rate(row.unit, row.min)}–${rate(row.unit, row.max)}`,
    fixed(row.toRaw),
    cpu(row),
    fixed(row.cpuToRaw),
    `${(row.busy * 100).toFixed(0)} %`,
    row.peakMegabytes.toFixed(0),
    row.goal,
    row.reached,
    row.disturbed > 0 ? `${String(row.disturbed)} disturbed` : '',
  ]);
  return columns([head, ...lines], [0, 1, 9, 10, 11]);
}

/**
 * Rows for a README.
 *
 * @param {Row[]} rows
 */
export function markdown(rows) {
  return [
    '| scenario | load | who | × raw | × raw, per CPU second | peak MB | goal |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(
      ({ scenario, load, name, toRaw, cpuToRaw, peakMegabytes, goal }) =>
        `| ${scenario} | ${load} | ${name} | ${fixed(toRaw)} | ${fixed(cpuToRaw)} | ${peakMegabytes.toFixed(0)} | ${goal} |`,
    ),
  ].join('\n');
}

/** @param {Row['unit']} unit */
const isBytes = (unit) => unit === 'byte';

/**
 * @param {Row['unit']} unit
 * @param {number} value
 */
const rate = (unit, value) => (isBytes(unit) ? (value / 1e6).toFixed(0) : `${(value / 1000).toFixed(1)}k`);

/** @param {Row} row */
const cpu = ({ unit, cpuMicros }) =>
  (isBytes(unit) ? cpuMicros * 1000 : cpuMicros).toFixed(isBytes(unit) ? 3 : 2);

/** @param {number} value */
const fixed = (value) => (Number.isNaN(value) ? '–' : value.toFixed(2));
