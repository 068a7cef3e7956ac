// @ts-check
/** Whether a server does the work it will be measured at: one that drops or merges answers would look fast. */
import { connect } from 'node:net';

const pipelined = 16;

/**
 * Sixteen pipelined requests get sixteen complete, right answers and not a byte more; then one gets one.
 *
 * @param {import('./processes.js').Server} server
 * @param {import('./scenarios.js').Scenario} scenario
 */
export async function verify({ name, port }, scenario) {
  const request = requestText(scenario);
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let failure = '';
  /** @type {(() => void) | undefined} */
  let wake;
  const end = (/** @type {string} */ reason) => {
    failure ||= reason;
    wake?.();
  };
  socket.setTimeout(10_000, () => end('nothing for 10 s'));
  socket.on('error', (error) => end(error.message));
  socket.on('close', () => end('closed'));
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    wake?.();
  });
  const expect = async (/** @type {number} */ count) => {
    text = '';
    socket.write(request.repeat(count));
    let rest;
    while ((rest = afterAnswers(text, count, scenario.expected)) === undefined && failure === '') {
      await new Promise((resolve) => (wake = () => resolve(undefined)));
    }
    if (rest === undefined) throw new Error(`${failure} before ${String(count)} answers`);
    if (rest !== '') throw new Error('more than was asked for');
  };
  try {
    await expect(pipelined);
    await expect(1);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${name} answered wrongly: ${reason}: ${JSON.stringify(text.slice(0, 2000))}`, {
      cause: error,
    });
  } finally {
    socket.destroy();
  }
}

/** @param {import('./scenarios.js').Scenario} scenario */
function requestText({ method, fields, body }) {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  if (body !== '') lines.push(`Content-Length: ${String(body.length)}\r\n`);
  return `${method} / HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}\r\n${body}`;
}

/**
 * What follows `count` answers; undefined while they are not all there. Throws where one is not as it has to be.
 *
 * @param {string} text
 * @param {number} count
 * @param {string} expected
 */
function afterAnswers(text, count, expected) {
  for (let i = 0; i < count; i++) {
    const headEnd = text.indexOf('\r\n\r\n');
    if (headEnd < 0) return undefined;
    const head = text.slice(0, headEnd);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200 ')) throw new Error('not 200');
    if (length === undefined) throw new Error('no Content-Length');
    if (!/\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/i.test(head)) throw new Error('no Date');
    if (!/\r\ncontent-type: text\/plain/i.test(head)) throw new Error('no Content-Type');
    const end = headEnd + 4 + Number(length);
    if (text.length < end) return undefined;
    if (text.slice(headEnd + 4, end) !== expected) throw new Error('another body');
    text = text.slice(end);
  }
  return text;
}
