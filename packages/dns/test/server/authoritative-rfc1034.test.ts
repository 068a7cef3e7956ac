import { describe, expect, it } from 'vitest';
import { query, type QuestionType } from '../../src/message/index.ts';
import { authoritative, type AuthoritativeHandler } from '../../src/server/authoritative.ts';
import { eduZone, isiZone, rootZone } from '../zone/scenario.ts';
import { ask, nothing, plain, sections, type Sections } from './authoritative-answer.ts';

/** C.ISI.EDU of RFC 1034 6.1 without MIL, which the RFC does not show; A.ISI.EDU without it likewise. */
const c = authoritative([rootZone, eduZone]);
const a = authoritative([isiZone, rootZone]);

const soa = '. 86400 SOA SRI-NIC.ARPA. HOSTMASTER.SRI-NIC.ARPA. 870611 1800 300 604800 86400';

describe('the queries of RFC 1034 6.2', () => {
  const cases: [
    section: string,
    server: AuthoritativeHandler,
    name: string,
    type: QuestionType,
    Partial<Sections>,
  ][] = [
    [
      '6.2.1',
      c,
      'SRI-NIC.ARPA',
      'A',
      { answer: ['SRI-NIC.ARPA. 86400 A 26.0.0.73', 'SRI-NIC.ARPA. 86400 A 10.0.0.51'] },
    ],
    // Where the RFC gives all RRsets, RFC 8482 4.1 gives one.
    [
      '6.2.2',
      c,
      'SRI-NIC.ARPA',
      'ANY',
      { answer: ['SRI-NIC.ARPA. 86400 A 26.0.0.73', 'SRI-NIC.ARPA. 86400 A 10.0.0.51'] },
    ],
    [
      '6.2.3',
      c,
      'SRI-NIC.ARPA',
      'MX',
      {
        answer: ['SRI-NIC.ARPA. 86400 MX 0 SRI-NIC.ARPA.'],
        additional: ['SRI-NIC.ARPA. 86400 A 26.0.0.73', 'SRI-NIC.ARPA. 86400 A 10.0.0.51'],
      },
    ],
    // The SOA record came with RFC 2308.
    ['6.2.4', c, 'SRI-NIC.ARPA', 'NS', { authority: [soa] }],
    ['6.2.5', c, 'SIR-NIC.ARPA', 'A', { flags: 'AA NXDOMAIN', authority: [soa] }],
    [
      '6.2.6',
      c,
      'BRL.MIL',
      'A',
      {
        flags: 'NOERROR',
        authority: ['MIL. 86400 NS SRI-NIC.ARPA.', 'MIL. 86400 NS A.ISI.EDU.'],
        additional: [
          'SRI-NIC.ARPA. 86400 A 26.0.0.73',
          'SRI-NIC.ARPA. 86400 A 10.0.0.51',
          'A.ISI.EDU. 86400 A 26.3.0.103',
        ],
      },
    ],
    [
      '6.2.7, from A.ISI.EDU',
      a,
      'USC-ISIC.ARPA',
      'A',
      { answer: ['USC-ISIC.ARPA. 86400 CNAME C.ISI.EDU.', 'C.ISI.EDU. 86400 A 10.0.0.52'] },
    ],
    [
      '6.2.7, from C.ISI.EDU',
      c,
      'USC-ISIC.ARPA',
      'A',
      {
        answer: ['USC-ISIC.ARPA. 86400 CNAME C.ISI.EDU.'],
        authority: [
          'ISI.EDU. 172800 NS VAXA.ISI.EDU.',
          'ISI.EDU. 172800 NS A.ISI.EDU.',
          'ISI.EDU. 172800 NS VENERA.ISI.EDU.',
        ],
        additional: [
          'VAXA.ISI.EDU. 172800 A 10.2.0.27',
          'VAXA.ISI.EDU. 172800 A 128.9.0.33',
          'A.ISI.EDU. 172800 A 26.3.0.103',
          'VENERA.ISI.EDU. 172800 A 10.1.0.52',
          'VENERA.ISI.EDU. 172800 A 128.9.0.32',
        ],
      },
    ],
    [
      '6.2.8, from A.ISI.EDU',
      a,
      'USC-ISIC.ARPA',
      'CNAME',
      { answer: ['USC-ISIC.ARPA. 86400 CNAME C.ISI.EDU.'] },
    ],
    [
      '6.2.8, from C.ISI.EDU',
      c,
      'USC-ISIC.ARPA',
      'CNAME',
      { answer: ['USC-ISIC.ARPA. 86400 CNAME C.ISI.EDU.'] },
    ],
  ];
  it.each(cases)('%s', (_, server, name, type, expected) => {
    expect(sections(ask(server, query(name, type, plain)))).toEqual({ ...nothing, ...expected });
  });
});
