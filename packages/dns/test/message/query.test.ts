import { describe, expect, it } from 'vitest';
import { query, respond } from '../../src/message/query.ts';
import { Name } from '../../src/name.ts';
import { hex } from '../bytes.ts';

const quiet = {
  isAuthoritative: false,
  isTruncated: false,
  recursionAvailable: false,
  isAuthenticData: false,
  rcode: 'NOERROR',
  answers: [],
  authorities: [],
  additionals: [],
};

describe('query', () => {
  it('asks a resolver, with EDNS that no path fragments', () => {
    expect(query('www.example.com', 'HTTPS', { id: 7 })).toEqual({
      ...quiet,
      id: 7,
      isResponse: false,
      opcode: 'QUERY',
      recursionDesired: true,
      checkingDisabled: false,
      questions: [{ name: Name.parse('www.example.com'), type: 'HTTPS', class: 'IN' }],
      edns: { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] },
    });
  });

  it('says what the options say', () => {
    const message = query(Name.root, 'TXT', {
      id: 7,
      class: 'CH',
      recursionDesired: false,
      checkingDisabled: true,
      edns: { dnssecOk: true, options: [{ code: 3, data: hex('') }] },
    });
    expect(message).toMatchObject({
      recursionDesired: false,
      checkingDisabled: true,
      questions: [{ class: 'CH' }],
      edns: { udpPayloadSize: 1232, dnssecOk: true, options: [{ code: 3 }] },
    });
    expect(query('.', 'NS', { id: 7, edns: undefined }).edns).toBeUndefined();
  });

  it('refuses what is no name', () => {
    expect(() => query('a..b', 'A', { id: 7 })).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
  });
});

describe('respond', () => {
  it('copies id, opcode, questions, RD and CD, and has OPT where the query has it, with its DO', () => {
    const asked = query('a.example', 'A', {
      id: 7,
      checkingDisabled: true,
      edns: { dnssecOk: true, options: [{ code: 3, data: hex('') }] },
    });
    expect(respond({ ...asked, opcode: 'NOTIFY' })).toEqual({
      ...quiet,
      id: 7,
      isResponse: true,
      opcode: 'NOTIFY',
      recursionDesired: true,
      checkingDisabled: true,
      questions: asked.questions,
      edns: { udpPayloadSize: 1232, version: 0, dnssecOk: true, options: [] },
    });
    expect(respond(query('a.example', 'A', { id: 7, edns: undefined })).edns).toBeUndefined();
  });

  it('has the parts given', () => {
    const asked = query('a.example', 'A', { id: 7 });
    const parts = {
      isAuthoritative: true,
      isTruncated: true,
      recursionAvailable: true,
      isAuthenticData: true,
      rcode: 'NXDOMAIN',
    } as const;
    const edns = { udpPayloadSize: 512, version: 0, dnssecOk: false, options: [] };
    expect(respond(asked, { ...parts, edns })).toMatchObject({ ...parts, edns });
  });
});
