/**
 * `@wirestack/socket/capture`: what went through streams and datagram sockets as a file that Wireshark reads. In reading order:
 *
 * - `capture-stream.ts` `capture-datagrams.ts`   what is recorded, and how it is shown
 * - `capture-file.ts`   the file, and what happens where its sink is slow
 * - `tcp-conversation.ts`   a stream's bytes as the packets of a TCP connection; `packet-addresses.ts` names its ends
 * - `packets.ts` `pcapng.ts`   the bytes of packets and of the file
 */
export { capture, type CaptureOptions } from './capture-stream.ts';
export { captureDatagrams } from './capture-datagrams.ts';
export { CaptureFile, type CaptureClock, type CaptureFileOptions, type CaptureSink } from './capture-file.ts';
