import { resolve } from 'node:path';
import type { Application, Body, StartResponse } from '../../application.ts';
import { deriveEnviron, type Environ } from '../../environ.ts';
import { textResponse } from '../../text-response.ts';
import { cgiEnvironment } from './cgi-environment.ts';
import { CgiError, CgiProcess } from './cgi-process.ts';
import { cgiSettings, type CgiOptions, type CgiSettings } from './cgi-options.ts';
import { findScript, type Script } from './find-script.ts';

/**
 * Runs the programs of a directory for requests: CGI (RFC 3875), as Python's `CGIHTTPRequestHandler` and Apache's `ScriptAlias` do. The first file on
 * the way of `PATH_INFO` is the program; what is behind it is its own `PATH_INFO`.
 *
 * A program gets an environment that was made for it, and never arguments (CVE-2012-1823); what it prints is read as a head and a body before
 * anything of it goes on. One that says nothing in time is ended with all its children, as is one whose client left. Names that begin with `nph-` print
 * the status line, too.
 *
 * | the program | the client gets |
 * |---|---|
 * | is not there, or leads out of the directory | 404 |
 * | is not executable | 403 |
 * | cannot be started, ends without a head, prints one that is none | 502 |
 * | prints no head in time | 504 |
 * | fails, stops or prints too much behind its head | the end of the connection: half an answer must not look whole |
 *
 * @param directory where the programs are; it need not exist yet
 * @throws TypeError for an option that makes no sense
 */
export function cgiScripts(directory: string, options: CgiOptions = {}): Application {
  const settings = cgiSettings(resolve(directory), options);
  let running = 0;
  const application: Application = async (environ, startResponse) => {
    const script = await findScript(settings.root, environ.PATH_INFO, settings.interpreters);
    if (script === undefined) return textResponse(startResponse, '404 Not Found');
    if (script === 'forbidden') return textResponse(startResponse, '403 Forbidden');
    if (running >= settings.maxProcesses) {
      return textResponse(startResponse, '503 Service Unavailable', [['Retry-After', '1']]);
    }
    running++;
    return answer(application, settings, script, environ, startResponse, () => running--);
  };
  return application;
}

/** @param ended called once, when the program is gone */
async function answer(
  application: Application,
  settings: CgiSettings,
  script: Script,
  environ: Environ,
  startResponse: StartResponse,
  ended: () => void,
): Promise<Body> {
  const process = new CgiProcess(settings, script, environ['wsgi.errors'], ended);
  try {
    const head = await process.run(cgiEnvironment(environ, script, settings), environ);
    if (head.localRedirect !== undefined) {
      process.stop();
      return await redirect(settings.site ?? application, environ, head.localRedirect, startResponse);
    }
    startResponse(head.status, head.headers);
    return environ.REQUEST_METHOD === 'HEAD' ? bodyless(process) : process;
  } catch (error) {
    process.stop();
    if (!(error instanceof CgiError)) throw error;
    environ['wsgi.errors'].write(`${script.file}: ${error.message}\n`);
    if (error.code === 'TOO_LARGE') return textResponse(startResponse, '413 Content Too Large');
    return textResponse(startResponse, error.code === 'TIMEOUT' ? '504 Gateway Timeout' : '502 Bad Gateway');
  }
}

function bodyless(process: CgiProcess): Body {
  return Object.assign([] as string[], {
    close: () => {
      process.stop();
    },
  });
}

/** Local redirects of one request: more are a circle. */
const maxLocalRedirects = 10;
const redirectsKey = 'wirestack.cgi_redirects';

/** The answer that a GET of that path would have had (RFC 3875 6.2.2). */
async function redirect(
  site: Application,
  environ: Environ,
  location: string,
  startResponse: StartResponse,
): Promise<Body> {
  const count = Number(environ[redirectsKey] ?? 0) + 1;
  if (count > maxLocalRedirects) return textResponse(startResponse, '502 Bad Gateway');
  const query = location.indexOf('?');
  const path = query < 0 ? location : location.slice(0, query);
  const changed = deriveEnviron(environ, {
    REQUEST_METHOD: environ.REQUEST_METHOD === 'HEAD' ? 'HEAD' : 'GET',
    PATH_INFO: decodeURIComponent(path),
    QUERY_STRING: query < 0 ? '' : location.slice(query + 1),
    REQUEST_URI: environ.SCRIPT_NAME + location,
    [redirectsKey]: count,
  });
  delete changed.CONTENT_LENGTH;
  delete changed.CONTENT_TYPE;
  return site(changed, startResponse);
}
