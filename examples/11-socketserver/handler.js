// @ts-check
import { StreamRequestHandler } from '@wirestack/socket/server';

/** Seed 004's MyTCPHandler: each line comes back in capitals. */
export class MyTCPHandler extends StreamRequestHandler {
  async handle() {
    for await (const line of this.reader.lines()) await this.writer.write(`${line.toUpperCase()}\n`);
  }
}
