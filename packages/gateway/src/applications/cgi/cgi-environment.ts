import { join } from 'node:path';
import type { Environ } from '../../environ.ts';
import type { CgiSettings } from './cgi-options.ts';
import type { Script } from './find-script.ts';

/**
 * The variables of a program (RFC 3875 4.1): made, not inherited. Header fields come as `HTTP_*`, but not those with credentials (4.1.18), nor `HTTP_PROXY`
 * (CVE-2016-5385), which the environ never has. A value is text to the program whatever it looks like (CVE-2014-6271): no shell sees it.
 */
export function cgiEnvironment(
  environ: Environ,
  { file, scriptName, pathInfo }: Script,
  settings: CgiSettings,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of settings.inherit) {
    const value = process.env[name];
    if (value !== undefined) variables[name] = value;
  }
  for (const [name, value] of Object.entries(environ)) {
    if (!name.startsWith('HTTP_') || secret.has(name) || typeof value !== 'string') continue;
    if (!value.includes('\0')) variables[name] = value;
  }
  const { CONTENT_LENGTH, CONTENT_TYPE } = environ;
  return {
    ...variables,
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: settings.serverSoftware,
    SERVER_NAME: environ.SERVER_NAME,
    SERVER_PORT: environ.SERVER_PORT,
    SERVER_PROTOCOL: environ.SERVER_PROTOCOL,
    REQUEST_METHOD: environ.REQUEST_METHOD,
    REQUEST_URI: environ.REQUEST_URI,
    QUERY_STRING: environ.QUERY_STRING,
    SCRIPT_NAME: environ.SCRIPT_NAME + scriptName,
    SCRIPT_FILENAME: file,
    PATH_INFO: pathInfo,
    // A path that climbs would be translated to somewhere else.
    ...(pathInfo !== '' &&
      !pathInfo.split('/').includes('..') && { PATH_TRANSLATED: join(settings.root, pathInfo) }),
    DOCUMENT_ROOT: settings.root,
    REMOTE_ADDR: environ.REMOTE_ADDR,
    REMOTE_HOST: environ.REMOTE_ADDR,
    ...(environ['wsgi.url_scheme'] === 'https' && { HTTPS: 'on' }),
    ...(CONTENT_TYPE !== undefined && { CONTENT_TYPE }),
    ...(CONTENT_LENGTH !== undefined && { CONTENT_LENGTH }),
    // php-cgi runs nothing without it: a guard against being called by anybody but a server.
    REDIRECT_STATUS: '200',
    ...settings.env,
  };
}

const secret: ReadonlySet<string> = new Set([
  'HTTP_AUTHORIZATION',
  'HTTP_PROXY_AUTHORIZATION',
  'HTTP_PROXY',
  'HTTP_CONTENT_LENGTH',
  'HTTP_CONTENT_TYPE',
]);
