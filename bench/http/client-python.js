// @ts-check
/** Clients of Python, for the loads that ask one thing after the other: a thread each would measure Python's threads. */
import { spawnSync } from 'node:child_process';
import { loadCpu, pinned } from '../cpus.js';

const program = `
import http.client, json, sys, time, urllib.parse
what, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
parts = urllib.parse.urlsplit(url)

if what == 'requests':
    import requests
    session = requests.Session()
    session.trust_env = False
    def ask():
        with session.get(url, stream=True) as response:
            for chunk in response.iter_content(65536): pass
else:
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    def ask():
        connection.request('GET', parts.path)
        response = connection.getresponse()
        while response.read(65536): pass

ask()
started, cpu = time.perf_counter(), time.process_time()
for _ in range(count): ask()
print(json.dumps({'seconds': time.perf_counter() - started, 'cpuMicros': (time.process_time() - cpu) * 1e6}))
`;

/** Those that are installed. */
export const pythonClients = ['http.client', 'requests'].filter(
  (name) => spawnSync('python3', ['-c', `import ${name}`]).status === 0,
);

/**
 * @param {string} name
 * @param {string} url
 * @param {number} count
 * @returns {{ seconds: number, cpuMicros: number }}
 */
export function runPython(name, url, count) {
  const [command, ...args] = pinned(loadCpu, ['python3', '-c', program, name, url, String(count)]);
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return JSON.parse(stdout);
}
