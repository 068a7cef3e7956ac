/** Medians, ratios and tables. */
import { cpus } from 'node:os';

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** One row a server and depth, with ratios to node:http and to the raw limit of the same run. */
export function summarise(samples) {
  const groups = Map.groupBy ? Map.groupBy(samples, groupOf) : group(samples);
  const rows = [...groups.values()].map((runs) => {
    const rates = runs.map(({ rate }) => rate);
    return {
      scenario: runs[0].scenario,
      server: runs[0].server,
      depth: runs[0].depth,
      median: median(rates),
      min: Math.min(...rates),
      max: Math.max(...rates),
      cpuMicros: median(runs.map(({ cpuMicros }) => cpuMicros)),
      p99Ms: median(runs.map(({ p99Ms }) => p99Ms)),
      peakMegabytes: Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes)),
      disturbed: runs.filter(({ disturbed }) => disturbed).length,
    };
  });
  for (const row of rows) {
    row.toNode = ratio(rows, row, 'node-http');
    row.toLimit = ratio(rows, row, 'raw-net');
    row.cpuToNode = cpuRatio(rows, row, 'node-http');
  }
  return rows.sort(
    (a, b) => a.scenario.localeCompare(b.scenario) || a.depth - b.depth || b.median - a.median,
  );
}

export function table(rows) {
  const lines = rows.map((row) => [
    row.scenario,
    String(row.depth),
    row.server,
    thousands(row.median),
    `${thousands(row.min)}–${thousands(row.max)}`,
    fixed(row.toNode),
    fixed(row.toLimit),
    row.cpuMicros.toFixed(2),
    fixed(row.cpuToNode),
    row.p99Ms.toFixed(1),
    row.peakMegabytes.toFixed(0),
    row.disturbed > 0 ? `${String(row.disturbed)} disturbed` : '',
  ]);
  const head = [
    'scenario',
    'depth',
    'server',
    'req/s',
    'min–max',
    '× node',
    '× limit',
    'CPU µs',
    '× node CPU',
    'p99 ms',
    'MB',
    '',
  ];
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => line[i].length)));
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, i) => (i === 2 || i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  '),
    )
    .join('\n');
}

/** Rows for a README. */
export function markdown(rows) {
  return [
    '| scenario | depth | server | × node:http | × raw limit | × node:http, per CPU second |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      ({ scenario, depth, server, toNode, toLimit, cpuToNode }) =>
        `| ${scenario} | ${String(depth)} | ${server} | ${fixed(toNode)} | ${fixed(toLimit)} | ${fixed(cpuToNode)} |`,
    ),
  ].join('\n');
}

export function machine() {
  return `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'} × ${String(cpus().length)}, ${new Date().toISOString().slice(0, 10)}`;
}

const groupOf = ({ scenario, server, depth }) => `${scenario} ${server} ${String(depth)}`;

function group(samples) {
  const groups = new Map();
  for (const sample of samples) groups.set(groupOf(sample), [...(groups.get(groupOf(sample)) ?? []), sample]);
  return groups;
}

function peer(rows, row, server) {
  return rows.find(
    (other) => other.server === server && other.scenario === row.scenario && other.depth === row.depth,
  );
}

function ratio(rows, row, server) {
  const other = peer(rows, row, server);
  return other === undefined ? undefined : row.median / other.median;
}

function cpuRatio(rows, row, server) {
  const other = peer(rows, row, server);
  return other === undefined ? undefined : other.cpuMicros / row.cpuMicros;
}

const fixed = (value) => (value === undefined ? '–' : value.toFixed(2));
const thousands = (value) => `${(value / 1000).toFixed(1)}k`;
