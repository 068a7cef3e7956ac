// @ts-check
/** Medians, ratios, goals and the tables. */
import { columns, median } from '../figures.js';

/**
 * @typedef {import('./child.js').Sample} Sample
 *
 * @typedef {object} Row
 * @property {string} group
 * @property {string} name
 * @property {number} median
 * @property {number} min
 * @property {number} max
 * @property {number[]} rates  a round each
 *
 * @typedef {object} Goal
 * @property {string} text
 * @property {number} ratio
 * @property {number} limit
 * @property {boolean} isReached
 */

/** @param {Sample[]} samples @returns {Row[]} */
export function rowsOf(samples) {
  const keys = [...new Set(samples.map(({ group, name }) => `${group}\n${name}`))];
  return keys.map((key) => {
    const [group, name] = key.split('\n');
    const rates = samples
      .filter((sample) => sample.group === group && sample.name === name)
      .map(({ rate }) => rate);
    return { group, name, median: median(rates), min: Math.min(...rates), max: Math.max(...rates), rates };
  });
}

/** @param {Row[]} rows */
export function table(rows) {
  const groups = [...new Set(rows.map(({ group }) => group))];
  return groups
    .map((group) => {
      const ofGroup = rows.filter((row) => row.group === group);
      const base = ofGroup.find(({ name }) => name.includes('by hand')) ?? ofGroup[0];
      const lines = ofGroup.map((row) => [
        row.name,
        ...[row.median, row.min, row.max].map(megabytes),
        ratioOf(row, base).toFixed(2),
      ]);
      return columns([[group, 'MB/s', 'min', 'max', `× ${base.name.split(',')[0]}`], ...lines]);
    })
    .join('\n\n');
}

/** The median of the rounds' ratios: a machine that slows down does so for both. @param {Row | undefined} a @param {Row | undefined} b */
function ratioOf(a, b) {
  return a === undefined || b === undefined
    ? NaN
    : median(a.rates.map((rate, round) => rate / b.rates[round]));
}

/** @param {number} rate */
function megabytes(rate) {
  return (rate / 1e6).toFixed(rate < 1e8 ? 1 : 0);
}

/** @param {Row[]} rows @returns {Goal[]} */
export function goalsOf(rows) {
  /** @param {string} group @param {string} name */
  const rowOf = (group, name) => rows.find((row) => row.group === group && row.name === name);
  /** @param {string} group @param {string} name @param {string} other */
  const ratioIn = (group, name, other) => ratioOf(rowOf(group, name), rowOf(group, other));
  /** @type {Goal[]} */
  const goals = [];
  /** @param {string} text @param {number} ratio @param {number} limit */
  const atLeast = (text, ratio, limit) =>
    goals.push({ text: `${text} at least`, ratio, limit, isReached: ratio >= limit });
  for (const group of new Set(rows.map((row) => row.group))) {
    if (group.startsWith('crumbs')) {
      const ratio = ratioIn(group, 'one chunk', 'byte by byte');
      goals.push({
        text: `${group}: CPU byte by byte to one chunk, at most`,
        ratio,
        limit: 50,
        isReached: ratio <= 50,
      });
    } else if (group.startsWith('encode') && group.endsWith('100 B')) {
      atLeast(`${group}: to concat by hand`, ratioIn(group, 'wirestack', 'concat by hand'), 1);
    } else if (group.startsWith('decode') && group.endsWith('100 B')) {
      const npm = rows.filter((row) => row.group === group && !/^(wirestack|by hand)/.test(row.name));
      const best = npm.reduce((a, b) => (a.median > b.median ? a : b));
      atLeast(`${group}: to ${best.name}`, ratioIn(group, 'wirestack', best.name), 2);
      atLeast(`${group}: to by hand`, ratioIn(group, 'wirestack', 'by hand'), 0.9);
    }
  }
  return goals;
}

/** @param {Goal[]} goals */
export function goalTable(goals) {
  return columns(
    [
      ['goal', 'ratio', 'limit', ''],
      ...goals.map(({ text, ratio, limit, isReached }) => [
        text,
        ratio.toFixed(2),
        String(limit),
        isReached ? 'reached' : 'missed',
      ]),
    ],
    [0, 3],
  );
}
