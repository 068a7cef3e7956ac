import { fileURLToPath } from 'node:url';
import { mount, staticFiles, type Application } from '@wirestack/gateway';
import { makeApplication } from './application.ts';
import { home, type Service } from './home.ts';
import { streaming } from './streaming.ts';

/** Beside `src` and `dist` alike. */
const publicDirectory = fileURLToPath(new URL('../public', import.meta.url));

/** Everything over HTTP, as one application. */
export function site(services: readonly Service[]): Application {
  return mount({
    '/': home(services),
    '/static': staticFiles(publicDirectory),
    '/stream': streaming(),
    '/environ': showEnviron,
    '/hello': hello,
    '/app': makeApplication(),
    '/favicon.ico': icon,
  });
}

/** Seed 004's application, word for word. */
const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/html']]);
  return ['<h1>Hello, web!</h1>'];
};

/** Browsers ask for it beside a page that names none. */
const icon: Application = (_environ, startResponse) => {
  startResponse('301 Moved Permanently', [['Location', 'static/mark.svg']]);
  return [];
};

/** What CGI and PEP 3333 call the parts of a request, as `wsgiref`'s `demo_app` shows them. */
const showEnviron: Application = (environ, startResponse) => {
  startResponse('200 OK', [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Cache-Control', 'no-store'],
  ]);
  const lines = Object.entries(environ).flatMap(([key, value]) =>
    typeof value === 'string' ? `${key} = ${value}\n` : [],
  );
  return [lines.sort().join('')];
};
