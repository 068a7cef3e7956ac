import { rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Program } from '../../support/program.ts';
import { HttpAsker } from './ask-over-http.ts';
import { makeCgiDirectory } from './cgi-program.ts';
import { checkComplaints } from './our-server.ts';
import { without, withText, type TableServer } from './table-server.ts';

const modules = ['mpm_event', 'authz_core', 'alias', 'cgid'];
const modulesDirectory = '/usr/lib/apache2/modules';

/** Apache in the foreground, with all that it writes in a directory of its own. */
export const apacheServer: TableServer = {
  name: 'CGI under Apache',
  exceptions: [
    {
      reason: 'It takes no Content-Length from programs (CVE-2024-24795), and sends their bodies in chunks.',
      returning: (answer) => without(answer, 'content-length'),
    },
    {
      reason: 'It joins Cookie fields by a comma.',
      returning: (answer) => withText(answer, (text) => text.replace('a=1; b=2', 'a=1, b=2')),
    },
  ],
  atOnce: 2,
  async start() {
    const directory = await makeCgiDirectory();
    const config = join(directory, 'apache.conf');
    // Run by root it needs a user for its programs.
    const user = process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : '';
    const port = await freePort();
    await writeFile(
      config,
      `
ServerRoot ${directory}
ServerName app.example
${modules.map((name) => `LoadModule ${name}_module ${modulesDirectory}/mod_${name}.so`).join('\n')}
${user}
Listen 127.0.0.1:${String(port)}
PidFile ${directory}/apache.pid
ScriptSock ${directory}/cgid.sock
ErrorLog |/bin/cat
LogLevel notice
ScriptAlias /cgi-bin/ ${directory}/cgi-bin/
<Directory ${directory}/cgi-bin>
  Require all granted
</Directory>
`,
    );
    const server = new Program('apache2', ['-D', 'FOREGROUND', '-f', config], { timeoutMs: 120_000 });
    await server.says(/resuming normal operations/);
    const asker = new HttpAsker({ host: '127.0.0.1', port });
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

/** It listens on no path, and on no port of the kernel's choice: this one was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
