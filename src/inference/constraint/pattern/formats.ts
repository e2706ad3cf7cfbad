/** @file The values of `format` that are held to, each as a pattern. */
import type { Expression, Expressions } from './expression.ts';
import { meaningOf } from './meaning.ts';

const LEAP_DAYS = '(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29';
const DAYS =
  '\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))';
const DATE = `(?:${LEAP_DAYS}|${DAYS})`;
const CLOCK = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?';
const OFFSET = '(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)';
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
/** Of any length, as in RFC 3986 and 5321: its automaton is small, so that a URI may be long. */
const NAME = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = `(?:${BYTE}\\.){3}${BYTE}`;
const GROUP = '[0-9A-Fa-f]{1,4}';
/** RFC 4291 §2.2: eight groups, of which one run of zeros may be left out. */
const IPV6 = [
  `(?:${GROUP}:){7}${GROUP}`,
  ...Array.from({ length: 7 }, (_, i) => {
    const left = i === 0 ? '' : `${GROUP}(?::${GROUP}){0,${i - 1}}`;
    const right = i === 6 ? `(?:${GROUP})?` : `(?:${GROUP}(?::${GROUP}){0,${5 - i}})?`;
    return `${left}::${right}`;
  }),
  `${GROUP}(?::${GROUP}){6}::`,
].join('|');
/** Characters of paths in RFC 3986. */
const PATH = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
const PORT = '(?:[0-9]|[1-9]\\d{1,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])';
const QUERY = `(?:\\?(?:${PATH}|[/?])*)?(?:#(?:${PATH}|[/?])*)?`;
const AUTHORITY = `//(?:[A-Za-z0-9._~-]+@)?${NAME}(?:\\.${NAME})*(?::${PORT})?(?:/${PATH}*)*`;
const URI = `[A-Za-z][A-Za-z0-9+.-]*:(?:${AUTHORITY}|${PATH}+(?:/${PATH}*)*)${QUERY}`;
/** RFC 3339, appendix A: without fractions. */
const DURATION = 'P(?!$)(?:\\d+W|(?:\\d+Y)?(?:\\d+M)?(?:\\d+D)?(?:T(?=\\d)(?:\\d+H)?(?:\\d+M)?(?:\\d+S)?)?)';

const PATTERNS: Readonly<Record<string, string>> = {
  date: DATE,
  time: `${CLOCK}${OFFSET}?`,
  'date-time': `${DATE}T${CLOCK}${OFFSET}`,
  duration: DURATION,
  email: `${ATOM}(?:\\.${ATOM})*@(?:${NAME}\\.)+[A-Za-z]{2,63}`,
  hostname: `${LABEL}(?:\\.${LABEL})*`,
  ipv4: IPV4,
  ipv6: IPV6,
  uri: URI,
  url: URI,
  'uri-reference': `(?:${URI}|${AUTHORITY}${QUERY}|(?:/${PATH}+)*/?${QUERY}|${PATH}+(?:/${PATH}*)*${QUERY})`,
  uuid: '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}',
  'json-pointer': '(?:/(?:[^/~]|~[01])*)*',
  byte: '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?',
  base64: '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?',
  base64url: '(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?',
};

/** Formats that are held to. */
export const FORMATS: readonly string[] = Object.keys(PATTERNS);

/** Formats that say how a value is shown or stored, and leave its text free. */
export const FREE_FORMATS: ReadonlySet<string> = new Set([
  'password',
  'binary',
  'path',
  'file-path',
  'directory-path',
  'float',
  'double',
  'decimal',
  'int32',
  'int64',
  'uint32',
  'uint64',
]);

/** @param name - one of FORMATS */
export const formatExpression = (name: string, make: Expressions): Expression =>
  meaningOf(`^(?:${PATTERNS[name]!})$`, make);
