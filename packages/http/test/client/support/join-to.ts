import { connect } from 'node:net';
import type { Peer, ScriptedServer } from './scripted-server.ts';

/** Joins the two ends, as a proxy does. */
export function joinTo(peer: Peer, { port }: ScriptedServer): void {
  peer.socket.removeAllListeners('data').removeAllListeners('end');
  peer.socket.setEncoding('latin1');
  const upstream = connect(port, '127.0.0.1');
  upstream.setEncoding('latin1');
  peer.socket.on('data', (text: string) => upstream.write(text, 'latin1')).on('end', () => upstream.end());
  upstream.on('data', (text: unknown) => peer.socket.write(String(text), 'latin1'));
  upstream.on('error', () => undefined).on('close', () => peer.socket.destroy());
}
