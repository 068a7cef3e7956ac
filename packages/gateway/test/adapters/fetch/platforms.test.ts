import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** The modules that `entry` loads, its own and others': `import type` loads none. */
function modulesOf(entry: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(entry.href)) return seen;
  seen.add(entry.href);
  const text = readFileSync(entry, 'utf8');
  for (const [, specifier = ''] of text.matchAll(/^(?:import|export)(?! type\b)[^;]*? from '([^']+)';/gm)) {
    if (specifier.startsWith('.')) modulesOf(new URL(specifier, entry), seen);
    else seen.add(specifier);
  }
  return seen;
}

test('@wirestack/gateway/fetch loads nothing of Node: it runs on Workers', () => {
  const modules = [...modulesOf(new URL('../../../src/adapters/fetch/index.ts', import.meta.url))];
  const own = modules.filter((one) => one.startsWith('file:'));
  expect(own.length).toBeGreaterThan(12);
  expect(modules.filter((one) => !one.startsWith('file:'))).toEqual(['@wirestack/http/protocol']);
  for (const file of own) {
    if (file.endsWith('/file-wrapper.ts')) continue;
    expect(readFileSync(new URL(file), 'utf8')).not.toMatch(/\b(?:Buffer|process)\s*\./);
  }
});
