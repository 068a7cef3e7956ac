// @ts-check
/** Frames of any shape: kept as they are now, and compared. */

/**
 * A copy that shares nothing with `value`.
 *
 * @param {unknown} value
 * @returns {unknown}
 */
export function copyOf(value) {
  if (typeof value !== 'object' || value === null) return value;
  // Not `slice`: that of a Buffer is a view.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(copyOf);
  if (value instanceof Map)
    return new Map(Array.from(value, ([key, member]) => [copyOf(key), copyOf(member)]));
  if (value instanceof Set) return new Set(Array.from(value, copyOf));
  const copy = Object.create(Object.getPrototypeOf(value));
  for (const key of Object.keys(value)) copy[key] = copyOf(/** @type {any} */ (value)[key]);
  return copy;
}

/**
 * @param {any} left
 * @param {any} right
 * @returns {boolean}
 */
export function same(left, right) {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return Object.is(left, right);
  }
  if (left instanceof Uint8Array) return right instanceof Uint8Array && sameBytes(left, right);
  if (left instanceof Map || left instanceof Set) {
    return left.constructor === right.constructor && same([...left], [...right]);
  }
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    return left.every((member, at) => same(member, right[at]));
  }
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => same(left[key], right[key]));
}

/** @param {Uint8Array} left @param {Uint8Array} right */
function sameBytes(left, right) {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}

/** @param {unknown} value */
export function shown(value) {
  const text = JSON.stringify(value, (_, member) => {
    if (member instanceof Uint8Array) return `<${hexOf(member)}>`;
    return typeof member === 'bigint' ? `${String(member)}n` : member;
  });
  return String(text).slice(0, 600);
}

/** @param {Uint8Array} bytes */
export function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
