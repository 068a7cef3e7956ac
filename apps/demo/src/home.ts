import type { Application, Environ } from '@wirestack/gateway';
import { htmlDocument, htmlHeaders, sendPage } from './document.ts';
import { html, type Html } from './html.ts';

/** A service as the page and the terminal show it. */
export interface Service {
  readonly name: string;
  readonly about: string;
  readonly url: string;
  /** What to type to try it. */
  readonly command: string;
}

/** A form of this page is one short name. */
const formLimitBytes = 4096;

/** The first page: a picture, a form that is posted back, and where everything else is. */
export function home(services: readonly Service[]): Application {
  return async (environ, startResponse) => {
    if (environ.PATH_INFO !== '/') return sendPage(startResponse, '404 Not Found', notFound(environ));
    switch (environ.REQUEST_METHOD) {
      case 'GET':
      case 'HEAD':
        return sendPage(startResponse, '200 OK', homePage(environ.SCRIPT_NAME, services));
      case 'POST': {
        const form = await readForm(environ);
        if (typeof form === 'string') {
          startResponse(form, [['Content-Type', 'text/plain; charset=utf-8']]);
          return [`${form}\n`];
        }
        return sendPage(
          startResponse,
          '200 OK',
          homePage(environ.SCRIPT_NAME, services, form.get('firstname') ?? ''),
        );
      }
      default:
        startResponse('405 Method Not Allowed', [...htmlHeaders, ['Allow', 'GET, HEAD, POST']]);
        return [];
    }
  };
}

/** The fields of the form, or the status that says why there are none. */
async function readForm(environ: Environ): Promise<URLSearchParams | `${number} ${string}`> {
  const type = (environ.CONTENT_TYPE ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return '415 Unsupported Media Type';
  const body = await environ['wsgi.input'].read(formLimitBytes + 1);
  if (body.length > formLimitBytes) return '413 Content Too Large';
  return new URLSearchParams(new TextDecoder().decode(body));
}

function notFound(environ: Environ): Html {
  const root = environ.SCRIPT_NAME;
  const content = html`
    <h1>Not found</h1>
    <p>There is no <code>${environ.PATH_INFO}</code> here.</p>
    <p><a href="${root}/">Back</a></p>
  `;
  return htmlDocument('Not found', root, content);
}

/** @param posted what the form said, once it was posted. */
export function homePage(root: string, services: readonly Service[], posted?: string): Html {
  const content = html`
    <header>
      <img id="mark" src="${root}/static/mark.png" width="72" height="72" alt="" />
      <div>
        <h1>wirestack</h1>
        <p>A network stack in pieces. This page came up through every layer of it.</p>
      </div>
    </header>

    <section>
      <img id="layers" src="${root}/static/layers.svg" width="720" height="300" alt="${layersInWords}" />
    </section>

    <section>
      <h2>A form</h2>
      <form name="input" action="${root}/" method="post">
        <label for="firstname">First name</label>
        <input
          type="text"
          id="firstname"
          name="firstname"
          maxlength="200"
          autocomplete="off"
          value="${posted}"
        />
        <button type="submit">Submit</button>
      </form>
      ${posted === undefined ? undefined : html`<p id="posted">Hello, <strong>${posted || 'stranger'}</strong></p>`}
      <p class="hint">Try a name with <code>${'<script>'}</code> in it: it is shown, not run.</p>
    </section>

    <section>
      <h2>More over HTTP</h2>
      <ul>
        <li><a href="${root}/stream">A page that arrives over time</a>: an async generator is its body</li>
        <li><a href="${root}/environ">What an application is given</a>: the environ of your own request</li>
        <li>
          <a href="${root}/hello">The smallest application</a>:
          <code>application(environ, startResponse)</code>
        </li>
        <li>
          <a href="${root}/app/">A whole application</a>: forms, uploads, cookies and a REST resource in one
          file, which runs on any server
        </li>
        <li><a href="${root}/static/layers.svg">A file</a>, with ETag and Last-Modified</li>
      </ul>
    </section>

    <section>
      <h2>Without HTTP</h2>
      <dl>
        ${services.map(
          ({ name, about, url, command }) =>
            html` <dt>${name} <span>${url}</span></dt>
              <dd>
                ${about}
                <pre>${command}</pre>
              </dd>`,
        )}
      </dl>
    </section>
  `;
  return htmlDocument('wirestack', root, content);
}

const layersInWords =
  'From the bottom: the kernel; socket, a byte stream over TCP, Unix paths and memory, and datagrams; framing, codecs; ' +
  'http, a protocol core and a server; gateway, environ and startResponse; your application on top.';
