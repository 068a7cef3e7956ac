import type { Body, StartResponse } from '@wirestack/gateway';
import { html, type Html } from './html.ts';

/** A page with what every page has around it; `root` is the path the site is mounted under. */
export function htmlDocument(title: string, root: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="${root}/static/mark.svg" />
        <link rel="stylesheet" href="${root}/static/style.css" />
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html> `;
}

/** The policy is a second line behind escaping: no script runs here, whatever gets into a page. */
export const htmlHeaders = [
  ['Content-Type', 'text/html; charset=utf-8'],
  [
    'Content-Security-Policy',
    "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'",
  ],
  ['X-Content-Type-Options', 'nosniff'],
] as const;

export function sendPage(startResponse: StartResponse, status: `${number} ${string}`, page: Html): Body {
  startResponse(status, htmlHeaders);
  return [page.toString()];
}
