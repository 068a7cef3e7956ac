import { rm } from 'node:fs/promises';
import { reasonPhrase } from '@wirestack/http/protocol';
import { Program } from '../../support/program.ts';
import { HttpAsker } from './ask-over-http.ts';
import { makeCgiDirectory } from './cgi-program.ts';
import { checkComplaints } from './our-server.ts';
import { withFields, withText, type TableServer } from './table-server.ts';

const passedOn: ReadonlySet<string> = new Set(['Accept', 'Content-Type', 'Cookie', 'Expect', 'User-Agent']);

/** Python's own server, taught the methods besides GET, HEAD and POST, and where it is; as root it would run programs as nobody. */
const program = `
import http.server, os, sys

class Handler(http.server.CGIHTTPRequestHandler):
    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = http.server.CGIHTTPRequestHandler.do_POST
    def log_message(self, *args):
        pass

http.server.nobody = os.getuid()
os.chdir(sys.argv[1])
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.server_name, server.server_port = 'app.example', 80
server.serve_forever()
`;

export const pythonServer: TableServer = {
  name: "CGI under Python's http.server",
  exceptions: [
    {
      reason: 'It answers 200 before it runs the program, whose Status goes on as a field.',
      returning: (answer) =>
        withFields({ ...answer, status: 200 }, [
          'status',
          `${String(answer.status)} ${reasonPhrase(answer.status)}`,
        ]),
    },
    {
      reason: 'Of the header fields it passes on Accept, Cookie, User-Agent, and what the body is.',
      reaching: (request) =>
        request.headers?.every(([name]) => passedOn.has(name)) === false
          ? { ...request, headers: request.headers.filter(([name]) => passedOn.has(name)) }
          : request,
      returning: (answer) =>
        withText(answer, (text) => text.replace(/"HTTP_HOST": ".*"/, '"HTTP_HOST": null')),
    },
    {
      reason: 'It joins Cookie fields by a comma.',
      returning: (answer) => withText(answer, (text) => text.replace('a=1; b=2', 'a=1, b=2')),
    },
    {
      reason: 'Of Accept, Cookie and User-Agent it gives empty ones for those that are not there.',
      returning: (answer) =>
        withText(answer, (text) => text.replace(/("HTTP_(?:ACCEPT|COOKIE|USER_AGENT)"): null/g, '$1: ""')),
    },
    {
      reason: 'What has no type is text/plain to it.',
      returning: (answer) =>
        withText(answer, (text) => text.replace('"CONTENT_TYPE": null', '"CONTENT_TYPE": "text/plain"')),
    },
    {
      reason: 'It reads no body in chunks: for the program there is none.',
      reaching: (request) =>
        request.framing === 'chunked' ? { ...request, framing: 'length', body: new Uint8Array(0) } : request,
    },
  ],
  atOnce: 2,
  async start() {
    const directory = await makeCgiDirectory();
    const server = new Program('python3', ['-I', '-W', 'ignore', '-c', program, directory], {
      timeoutMs: 120_000,
    });
    const [, port] = await server.says(/^(\d+)$/m);
    const asker = new HttpAsker({ host: '127.0.0.1', port: Number(port) }, { saysContinue: false });
    return {
      ask: (request) => asker.ask(request),
      async stop() {
        asker.close();
        const { stdout, stderr } = await server.stop();
        await rm(directory, { recursive: true });
        checkComplaints(stdout + stderr);
      },
    };
  },
};
