import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { format } from 'node:util';
import { describe, expect, test, vi } from 'vitest';

const packages = new URL('../packages/', import.meta.url);
const pages = readdirSync(packages)
  .filter((name) => existsSync(new URL(`${name}/docs/`, packages)))
  .flatMap((name) =>
    readdirSync(new URL(`${name}/docs/`, packages))
      .filter((page) => page.endsWith('.md'))
      .map((page) => [name, page] as const),
  );

describe.each(pages)('%s/docs/%s', (of, name) => {
  const examples = new URL(`${of}/test/docs/`, packages);
  const text = readFileSync(new URL(`${of}/docs/${name}`, packages), 'utf8');
  const blocks = Array.from(text.matchAll(/^```ts\n(.*?)^```/gms), ([, block = '']) => block);
  const files = blocks.map((_, place) => `${name.slice(0, -'.md'.length)}-${String(place + 1)}.ts`);

  test('its examples are the files that are checked and run here', () => {
    expect(blocks.length).toBeGreaterThan(0);
    for (const [place, file] of files.entries()) {
      const url = new URL(file, examples);
      expect(existsSync(url) ? readFileSync(url, 'utf8') : `${file} is missing`).toBe(blocks[place]);
    }
  });

  test.each(files)('%s runs, and prints what it says', async (file) => {
    const printed: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
      printed.push(format(...values));
    });
    try {
      await import(new URL(file, examples).href);
    } finally {
      log.mockRestore();
    }
    const source = readFileSync(new URL(file, examples), 'utf8');
    const promised = Array.from(source.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm), ([, said = '']) => said);
    // What differs from run to run, or is too long to show, is `…`.
    const patterns = promised.map((said) => new RegExp(`^${said.split('…').map(escaped).join('[^]*')}$`));
    let at = 0;
    for (const pattern of patterns) {
      const found = printed.findIndex((line, place) => place >= at && pattern.test(line));
      expect(found, `${String(pattern)} in ${JSON.stringify(printed)}`).toBeGreaterThanOrEqual(at);
      at = found + 1;
    }
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
