/**
 * `@wirestack/gateway`: one small interface between servers and applications, PEP 3333 in TypeScript. In reading order:
 *
 * - `application.ts` `environ.ts`   the interface: what an application is, and gets
 * - `run.ts`   application + environ → response; every server uses it. `start-response.ts` and `write-queue.ts` are its parts
 * - `server.ts`   our own HTTP server with an application in it; `http-environ.ts` is what it gets, `environ-base.ts` what all environs are
 * - `lifespan.ts` `upgrade.ts`   before the first request and after the last; other protocols on the connection
 * - `input-stream.ts` `file-wrapper.ts`   `wsgi.input` and `wsgi.file_wrapper`
 * - `mount.ts` `applications/`   applications to compose
 */
export type {
  Application,
  Body,
  Chunk,
  Middleware,
  StartResponse,
  StatusText,
  Write,
} from './application.ts';
export { deriveEnviron, type Environ, type ErrorStream } from './environ.ts';
export {
  ClientGoneError,
  FrontServerError,
  GatewayUsageError,
  type GatewayUsageErrorCode,
} from './errors.ts';
export { FileWrapper } from './file-wrapper.ts';
export { InputStream, type InputOwner, type InputSource } from './input-stream.ts';
export { mount } from './mount.ts';
export { run, type GatewayResponse } from './run.ts';
export { keepLifespan, startApplication, withLifespan, type Lifespan } from './lifespan.ts';
export { makeServer, toHandler, type GatewayServer, type HandlerOptions } from './server.ts';
export { UpgradeBody, type Upgrade } from './upgrade.ts';
export { textResponse } from './text-response.ts';
export { staticFiles, type StaticFilesOptions } from './applications/static-files.ts';
export { cgiScripts } from './applications/cgi/cgi-scripts.ts';
export type { CgiOptions } from './applications/cgi/cgi-options.ts';
export { runAsCgi, type CgiProcess } from './adapters/cgi.ts';
export { serveFastCgi, type FastCgiOptions } from './adapters/fastcgi/fastcgi.ts';
export { serveScgi } from './adapters/scgi.ts';
export type { FrontServerOptions } from './adapters/single-requests.ts';
export { serveUwsgi } from './adapters/uwsgi.ts';
export { Headers } from './header-fields.ts';
export { isHopByHop } from './hop-by-hop.ts';
export { applicationUri, requestUri, shiftPathInfo } from './request-uri.ts';
export { setupTestingDefaults } from './testing-defaults.ts';
export { ValidationError } from './validator/rule.ts';
export { validator } from './validator/validator.ts';
export * from './processes/index.ts';
