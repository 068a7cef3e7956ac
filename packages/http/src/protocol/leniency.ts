/**
 * What may be taken though it is refused by default, each by its own name. Every one of them lets two readers of the same bytes understand different
 * messages, which is what request smuggling lives on: turn one on only for a peer that you know, reached by no other way.
 */
export interface Leniency {
  /**
   * A line of a head or of trailers may end with LF alone (RFC 9112 2.2). Risk: a peer in front that takes LF for a part of a value sees one field
   * where two are read here. Lines of chunks still need CR LF. Default false.
   */
  readonly allowBareLf?: boolean | undefined;
  /**
   * A line that begins with white space goes on with the value before it, joined by one space (RFC 9112 5.2). Risk: what hides in such a line, a
   * Transfer-Encoding say, is a field to some and none to others. Default false.
   */
  readonly allowObsFold?: boolean | undefined;
  /**
   * White space may stand between a field name and its colon (RFC 9112 5.1 has servers refuse it). Risk: `Content-Length : 5` is a length here and
   * an unknown name to a peer in front. Default false.
   */
  readonly allowSpaceBeforeColon?: boolean | undefined;
  /**
   * Content-Length may stand several times, or as a list, with one and the same value (RFC 9112 6.3). Risk: it comes from two senders that did not
   * know of each other, and the next one may differ. Default false.
   */
  readonly allowRepeatedContentLength?: boolean | undefined;
  /** Methods may have letters in lower case. Risk: a peer that takes `get` for GET may have let through what it should not. Default false. */
  readonly allowLowerCaseMethods?: boolean | undefined;
  /**
   * Content-Length may stand beside Transfer-Encoding: the chunks count, and the connection ends behind the message (RFC 9112 6.3). Risk: a peer in front
   * that goes by the length has smuggled the rest. Whoever passes the fields on has to leave Content-Length out. Default false.
   */
  readonly allowTransferEncodingWithContentLength?: boolean | undefined;
  /** A request of HTTP/1.1 may have no Host (RFC 9112 3.2 has servers refuse it). Risk: it reaches whatever host is the default one. Default false. */
  readonly allowMissingHost?: boolean | undefined;
  /**
   * A target may hold `#` and octets above 127. Risk: others cut it off at `#`, or decode it in another charset, and so guard another resource
   * than the one that is served. Default false.
   */
  readonly allowAnyTargetCharacters?: boolean | undefined;
}
