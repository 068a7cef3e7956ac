// @ts-check
/** What makes an input again, and the input itself. */

/**
 * @param {string} what
 * @param {number} seed
 * @param {Omit<import('./run.js').Failure, 'reason'> & { reason?: string }} failure
 */
export function report(what, seed, { format, index, hex, pieces, reason = '' }) {
  const reasons = reason === '' ? [] : [reason];
  return [
    `${what} ${format} --seed ${String(seed)} --only ${String(index)}`,
    ...reasons,
    hex,
    `pieces of ${runs(pieces)}`,
  ].join('\n  ');
}

/** `3 1×20 7`. @param {readonly number[]} sizes */
function runs(sizes) {
  const found = [];
  for (let from = 0, to = 0; from < sizes.length; from = to) {
    while (sizes[to] === sizes[from]) to++;
    found.push(to - from > 1 ? `${String(sizes[from])}×${String(to - from)}` : String(sizes[from]));
  }
  return found.join(' ');
}
