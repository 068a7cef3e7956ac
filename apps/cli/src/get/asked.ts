import { open, readFile, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { HeaderList } from '@wirestack/http';
import {
  basicAuth,
  digestAuth,
  proxyFromEnvironment,
  retries,
  type ClientOptions,
  type Interceptor,
  type ProxyEnvironment,
  type RequestOptions,
} from '@wirestack/http/client';
import { multipartBody, type OutgoingPart } from '@wirestack/http/forms';
import { flagOf, numberOf, textOf, textsOf, UsageError, type Arguments } from '../command-line.ts';

/** What the arguments say of the connection. @throws UsageError */
export async function clientOptions(
  given: Arguments,
  url: string,
  env: ProxyEnvironment,
): Promise<ClientOptions> {
  const connectTimeout = numberOf(given, 'connect-timeout', 0.001);
  const socket = textOf(given, 'unix-socket');
  const ca = textOf(given, 'cacert');
  const proxy = flagOf(given, 'no-proxy') ? undefined : (textOf(given, 'proxy') ?? proxyFromEnvironment(env));
  return {
    interceptors: interceptors(given, url),
    ...(flagOf(given, 'no-redirect') && { maxRedirects: false as const }),
    ...(connectTimeout !== undefined && { connectTimeoutMs: 1000 * connectTimeout }),
    ...(socket !== undefined && { connectTo: { path: socket } }),
    ...(proxy !== undefined && { proxy }),
    tls: {
      ...(ca !== undefined && { ca: await readFile(ca) }),
      ...(flagOf(given, 'insecure') && { rejectUnauthorized: false }),
    },
  };
}

/**
 * What the arguments say of the request.
 *
 * @param more fields that a download which goes on needs
 * @param opened gets the files that the body is made of, to be closed behind it
 * @throws UsageError
 */
export async function requestOptions(
  given: Arguments,
  more: HeaderList,
  opened: FileHandle[],
): Promise<RequestOptions> {
  const body = await bodyOf(given, opened);
  const method = textOf(given, 'method') ?? (flagOf(given, 'head') ? 'HEAD' : body.method);
  return {
    ...(method !== undefined && { method }),
    headers: [...body.headers, ...more, ...textsOf(given, 'header').map(fieldOf)],
    ...(body.body !== undefined && { body: body.body }),
    // Parts of a file are parts of what was sent.
    ...(more.length > 0 && { decompress: false }),
  };
}

function interceptors(given: Arguments, url: string): Interceptor[] {
  const retry = numberOf(given, 'retry', 0);
  const user = textOf(given, 'user');
  const all: Interceptor[] = retry === undefined ? [] : [retries({ limit: retry })];
  if (user === undefined) {
    if (flagOf(given, 'digest')) throw new UsageError('--digest wants --user');
    return all;
  }
  const colon = user.indexOf(':');
  if (colon < 0) throw new UsageError('--user is expected as NAME:PASSWORD');
  const [name, password] = [user.slice(0, colon), user.slice(colon + 1)];
  const origins = [new URL(url).origin];
  return [
    ...all,
    flagOf(given, 'digest')
      ? digestAuth(name, password, { origins })
      : basicAuth(name, password, { origins }),
  ];
}

interface Body {
  readonly body?: RequestOptions['body'];
  readonly headers: HeaderList;
  readonly method?: string;
}

async function bodyOf(given: Arguments, opened: FileHandle[]): Promise<Body> {
  const kinds = ['data', 'json', 'upload'].filter((name) => textOf(given, name) !== undefined);
  const parts = textsOf(given, 'form');
  if (parts.length > 0) kinds.push('form');
  if (kinds.length > 1) throw new UsageError(`--${kinds.join(' and --')} are two bodies`);
  if (parts.length > 0)
    return { body: multipartBody(await Promise.all(parts.map((part) => partOf(part, opened)))), headers: [] };
  const upload = textOf(given, 'upload');
  if (upload !== undefined) {
    const file = await open(upload);
    const { size } = await file.stat();
    return { body: { file, length: size }, headers: [], method: 'PUT' };
  }
  const json = textOf(given, 'json');
  if (json !== undefined)
    return { body: await contentOf(json), headers: [['Content-Type', 'application/json']] };
  const data = textOf(given, 'data');
  if (data === undefined) return { headers: [] };
  return { body: await contentOf(data), headers: [['Content-Type', 'application/x-www-form-urlencoded']] };
}

/** `@name` is what a file has. */
async function contentOf(text: string): Promise<string | Uint8Array> {
  return text.startsWith('@') ? readFile(text.slice(1)) : text;
}

async function partOf(text: string, opened: FileHandle[]): Promise<OutgoingPart> {
  const equals = text.indexOf('=');
  if (equals < 1)
    throw new UsageError(`--form is ${JSON.stringify(text)}, expected NAME=VALUE or NAME=@FILE`);
  const [name, value] = [text.slice(0, equals), text.slice(equals + 1)];
  if (!value.startsWith('@')) return { name, content: value };
  const path = value.slice(1);
  const file = await open(path);
  opened.push(file);
  const { size } = await file.stat();
  return { name, filename: basename(path), content: { file, length: size } };
}

/** `Name: value`; nothing behind the colon sends no such field. */
function fieldOf(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new UsageError(`--header is ${JSON.stringify(text)}, expected 'NAME: VALUE'`);
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}
