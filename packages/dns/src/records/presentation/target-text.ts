import type { MxData, SoaData, SrvData, TargetData } from '../record.ts';
import type { RdataText } from './rdata-text.ts';

/** NS, CNAME, PTR (RFC 1035 3.3), DNAME (RFC 6672 2.1). */
export const targetText: RdataText<TargetData> = {
  parse: (fields) => ({ target: fields.name('a target name') }),
  format: ({ target }) => target.toString(),
};

/** RFC 1035 3.3.13; the times may have units, as RFC 2308 4 and BIND allow. */
export const soaText: RdataText<SoaData> = {
  parse: (fields) => ({
    mname: fields.name('the primary server (MNAME)'),
    rname: fields.name('the mailbox (RNAME)'),
    serial: fields.u32('the serial'),
    refresh: fields.seconds('the refresh interval'),
    retry: fields.seconds('the retry interval'),
    expire: fields.seconds('the expiry'),
    minimum: fields.seconds('the minimum TTL'),
  }),
  format: ({ mname, rname, serial, refresh, retry, expire, minimum }) =>
    `${mname.toString()} ${rname.toString()} ${[serial, refresh, retry, expire, minimum].join(' ')}`,
};

/** RFC 1035 3.3.9. */
export const mxText: RdataText<MxData> = {
  parse: (fields) => ({ preference: fields.u16('the preference'), exchange: fields.name('a mail exchange') }),
  format: ({ preference, exchange }) => `${String(preference)} ${exchange.toString()}`,
};

/** RFC 2782. */
export const srvText: RdataText<SrvData> = {
  parse: (fields) => ({
    priority: fields.u16('the priority'),
    weight: fields.u16('the weight'),
    port: fields.u16('the port'),
    target: fields.name('a target name'),
  }),
  format: ({ priority, weight, port, target }) =>
    `${String(priority)} ${String(weight)} ${String(port)} ${target.toString()}`,
};
