import { describe, expect, test } from 'vitest';
import { html } from '../src/html.ts';

describe('html', () => {
  test('escapes every character that ends text or a quoted attribute', () => {
    expect(String(html`<p title="${`&<>"'`}"></p>`)).toBe('<p title="&amp;&lt;&gt;&quot;&#39;"></p>');
  });

  test('escapes once: what is markup already stays as it is', () => {
    expect(String(html`<p>${html`<b>${'<i>'}</b>`}</p>`)).toBe('<p><b>&lt;i&gt;</b></p>');
  });

  test('escapes an ampersand that looks like an entity', () => {
    expect(String(html`${'&lt;'}`)).toBe('&amp;lt;');
  });

  test('joins lists, at any depth, and leaves undefined out', () => {
    const item = html`<b>1</b>`;
    expect(String(html`<p>${['<', [item, '>']]}${undefined}${0}</p>`)).toBe('<p>&lt;<b>1</b>&gt;0</p>');
  });

  test('takes no look-alike for markup', () => {
    const lookAlike = { toString: () => '<script>' } as unknown as string;
    expect(String(html`${[lookAlike].map(String)}`)).toBe('&lt;script&gt;');
  });
});
