// @ts-check
/** The client of the echoes. It reads into one buffer and writes another over and over, so that the server is the slower of the two. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * @typedef {import('../ends/echo.js').Place} Place
 *
 * @typedef {object} EchoLoad
 * @property {number} connections
 * @property {number} bytes     of a message, which is a write of its own from `largeBytes` on
 * @property {number} inFlight  messages of each connection
 */

/** Shorter messages that come back together are sent again together. */
const largeBytes = 4096;
const buffer = Buffer.alloc(1_048_576);

/**
 * Connections stay open from the first drive on: opening them is measured by itself.
 *
 * @type {Map<string, Promise<Connection[]>>}
 */
const opened = new Map();

/**
 * @param {EchoLoad & { place: Place, seconds: number }} load
 * @returns {Promise<{ units: number, seconds: number }>} messages that came back
 */
export async function driveEcho({ place, connections, bytes, inFlight, seconds }) {
  const key = JSON.stringify({ place, connections });
  let opening = opened.get(key);
  if (opening === undefined) {
    opening = Promise.all(Array.from({ length: connections }, () => Connection.open(place)));
    opened.set(key, opening);
  }
  const all = await opening;
  const messages = Buffer.alloc(bytes >= largeBytes ? bytes : bytes * inFlight, 'm');
  const start = performance.now();
  const drives = all.map((connection) => connection.drive(messages, bytes, inFlight));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  for (const connection of all) connection.isOver = true;
  const counts = await Promise.all(drives);
  return {
    units: counts.reduce((sum, count) => sum + count, 0),
    seconds: (performance.now() - start) / 1000,
  };
}

class Connection {
  /** Nothing more is sent; the drive ends with what is under way. */
  isOver = true;
  /** @type {Buffer} */
  #messages = buffer;
  #bytes = 0;
  /** Bytes under way. */
  #missing = 0;
  /** Bytes of a message that has not come whole. */
  #part = 0;
  #count = 0;
  /** @type {((count: number) => void) | undefined} */
  #done;
  /** @type {((error: Error) => void) | undefined} */
  #fail;

  /** @param {Place} place */
  static async open(place) {
    const connection = new Connection(place);
    await once(connection.socket, 'connect');
    return connection;
  }

  /** @param {Place} place */
  constructor(place) {
    this.socket = connect({
      ...place,
      noDelay: true,
      onread: {
        buffer,
        callback: (count) => {
          this.#receive(count);
          return true;
        },
      },
    });
    this.socket.on('error', (error) => this.#fail?.(error));
    this.socket.on('close', () => this.#fail?.(new Error('the server closed a connection')));
  }

  /**
   * Answers how many messages came back.
   *
   * @param {Buffer} messages  one, or where they are short all that are under way
   * @param {number} bytes
   * @param {number} inFlight
   * @returns {Promise<number>}
   */
  drive(messages, bytes, inFlight) {
    this.isOver = false;
    this.#messages = messages;
    this.#bytes = bytes;
    this.#missing = bytes * inFlight;
    this.#part = 0;
    this.#count = 0;
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#fail = reject;
      this.#send(inFlight);
    });
  }

  /** @param {number} count */
  #receive(count) {
    const part = this.#part + count;
    const complete = Math.floor(part / this.#bytes);
    this.#part = part - complete * this.#bytes;
    this.#count += complete;
    this.#missing -= count;
    if (this.isOver && this.#missing === 0) this.#done?.(this.#count);
    else if (!this.isOver && complete > 0) {
      this.#missing += complete * this.#bytes;
      this.#send(complete);
    }
  }

  /** @param {number} count */
  #send(count) {
    if (this.#bytes < largeBytes) this.socket.write(this.#messages.subarray(0, this.#bytes * count));
    else for (let i = 0; i < count; i++) this.socket.write(this.#messages);
  }
}

/**
 * A megabyte comes back as it was sent.
 *
 * @param {Place} place
 */
export async function verifyEcho(place) {
  const bytes = randomBytes(1_048_576);
  const socket = connect(place);
  socket.write(bytes);
  const chunks = [];
  let length = 0;
  for await (const chunk of socket) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes.length) break;
  }
  socket.destroy();
  if (!Buffer.concat(chunks).equals(bytes)) throw new Error('the echo is not what was sent');
}
