import { describe, expect, test } from 'vitest';
import { homePage } from '../src/home.ts';

describe('the first page', () => {
  test('shows what the form said, as text, wherever it stands', () => {
    const page = String(homePage('', [], `"><script>alert('x')</script>`));
    expect(page).toContain('<strong>&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</strong>');
    expect(page).not.toContain('<script');
  });

  test('greets nobody before the form is posted, and a stranger after an empty one', () => {
    expect(String(homePage('', []))).not.toContain('id="posted"');
    expect(String(homePage('', [], ''))).toContain('<strong>stranger</strong>');
  });

  test('names every service with its command', () => {
    const page = String(
      homePage('', [{ name: 'echo', about: 'Echoes.', url: 'tcp://127.0.0.1:1', command: 'echo "a" | nc' }]),
    );
    expect(page).toContain('tcp://127.0.0.1:1');
    expect(page).toContain('echo &quot;a&quot; | nc');
  });

  test('keeps its links under the path it is mounted at', () => {
    const links = Array.from(
      String(homePage('/here', [])).matchAll(/(?:href|src|action)="([^"]*)"/g),
      ([, link]) => link,
    );
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect(link).toMatch(/^\/here\//);
  });
});
