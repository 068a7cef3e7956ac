// @ts-check
import { framed, resp, respCommand, RespError } from '@wirestack/framing';
import { connect } from '@wirestack/socket';

/**
 * One connection to Redis for all requests: commands of one turn leave in one write, and answers come in their order. It is made when it is needed, and again once it
 * is lost. No command is sent twice: whether one that has no answer was done, nobody knows.
 */
export class Redis {
  #address;
  #timeoutMs;
  /** @type {Promise<import('@wirestack/framing').Framed<import('@wirestack/framing').RespValue>> | undefined} */
  #connection;

  /** @param {string} address for instance `tcp://127.0.0.1:6379` */
  constructor(address, { timeoutMs = 1000 } = {}) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * @param {string[]} command
   * @returns {Promise<import('@wirestack/framing').RespValue>} rejects with what Redis refuses, its message first: `NOSCRIPT …`
   */
  async send(command) {
    const deadline = { timeoutMs: this.#timeoutMs };
    const connection = (this.#connection ??= this.#connect());
    let reply;
    try {
      reply = await (await connection).request(respCommand(...command), deadline);
    } catch (error) {
      this.#forget(connection);
      // Silent for so long, it may be gone without a word: the next command asks anew.
      connection.then(({ stream }) => stream.abort(error)).catch(() => undefined);
      throw error;
    }
    if (reply instanceof RespError) throw new Error(reply.message);
    return reply;
  }

  async close() {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.then((redis) => redis.close({ timeoutMs: this.#timeoutMs })).catch(() => undefined);
  }

  #connect() {
    const connection = connect(this.#address, { timeoutMs: this.#timeoutMs }).then((stream) => {
      const forget = () => this.#forget(connection);
      stream.closed.then(forget, forget);
      return framed(stream, resp());
    });
    return connection;
  }

  /** @param {unknown} connection */
  #forget(connection) {
    if (this.#connection === connection) this.#connection = undefined;
  }
}
