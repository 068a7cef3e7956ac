import type { RdataCodec } from './rdata-codec.ts';
import type { MxData, SoaData, SrvData, TargetData } from './record.ts';

/** NS, CNAME, PTR: a name, compressed both ways (RFC 1035 3.3). */
export const targetWire: RdataCodec<TargetData> = {
  read: (reader) => ({ target: reader.name() }),
  write(writer, { target }) {
    writer.name(target);
  },
};

/** DNAME: never compressed (RFC 6672 2.1). */
export const plainTargetWire: RdataCodec<TargetData> = {
  read: (reader) => ({ target: reader.plainName() }),
  write(writer, { target }) {
    writer.plainName(target);
  },
};

/** RFC 1035 3.3.13. */
export const soaWire: RdataCodec<SoaData> = {
  read: (reader) => ({
    mname: reader.name(),
    rname: reader.name(),
    serial: reader.u32(),
    refresh: reader.u32(),
    retry: reader.u32(),
    expire: reader.u32(),
    minimum: reader.u32(),
  }),
  write(writer, data) {
    writer.name(data.mname);
    writer.name(data.rname);
    writer.u32(data.serial, 'SOA serial');
    writer.u32(data.refresh, 'SOA refresh');
    writer.u32(data.retry, 'SOA retry');
    writer.u32(data.expire, 'SOA expire');
    writer.u32(data.minimum, 'SOA minimum');
  },
};

/** RFC 1035 3.3.9. */
export const mxWire: RdataCodec<MxData> = {
  read: (reader) => ({ preference: reader.u16(), exchange: reader.name() }),
  write(writer, data) {
    writer.u16(data.preference, 'MX preference');
    writer.name(data.exchange);
  },
};

/** RFC 2782: written without compression, read with it (RFC 3597 4), as RFC 2052 and mDNS write it. */
export const srvWire: RdataCodec<SrvData> = {
  read: (reader) => ({
    priority: reader.u16(),
    weight: reader.u16(),
    port: reader.u16(),
    target: reader.name(),
  }),
  write(writer, data) {
    writer.u16(data.priority, 'SRV priority');
    writer.u16(data.weight, 'SRV weight');
    writer.u16(data.port, 'SRV port');
    writer.plainName(data.target);
  },
};
