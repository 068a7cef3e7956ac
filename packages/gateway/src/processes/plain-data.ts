/** @throws TypeError that names the option that cannot cross to another process */
export function requirePlain(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (isPlain(value)) continue;
    throw new TypeError(
      `${name} cannot go to another process, for it is no plain data: let the application's module export it in serverOptions`,
    );
  }
}

function isPlain(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null) return true;
  if (ArrayBuffer.isView(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every(isPlain);
}
