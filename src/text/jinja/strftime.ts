/** @file Python's `strftime` of a local time without a zone, in the C locale, with the flags of glibc. */
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const DAY = 86_400_000;

/** A field and how it is padded: to so many digits, with zeros or blanks. */
interface Field {
  readonly text: string;
  readonly width?: number;
  readonly pad?: '0' | ' ';
}

/** Writes a date by a format. Codes that strftime does not know stay as they are. */
export function strftime(date: Date, format: string): string {
  return format.replace(
    /%([-_0^#]*)(\d*)([A-Za-z%])/g,
    (whole, flags: string, width: string, code: string) => {
      const field = fieldOf(date, code);
      return field === null ? whole : padded(field, flags, width === '' ? null : Number(width));
    },
  );
}

function padded({ text, width = 0, pad = ' ' }: Field, flags: string, wanted: number | null): string {
  const cased = flags.includes('^') ? text.toUpperCase() : flags.includes('#') ? swapped(text) : text;
  const flag = /[-_0]/.exec(flags.replaceAll(/[\^#]/g, ''))?.[0];
  const filler = flag === '_' ? ' ' : flag === '0' ? '0' : pad;
  if (flag === '-') return cased;
  return cased.padStart(
    Math.min(wanted ?? width, 1000),
    width === 0 && wanted !== null && flag === undefined ? ' ' : filler,
  );
}

/** `#` writes `PM` as `pm` and names in capitals. */
function swapped(text: string): string {
  return text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase();
}

function fieldOf(date: Date, code: string): Field | null {
  const simple = SIMPLE[code];
  if (simple !== undefined) return { text: strftime(date, simple) };
  const hour = date.getHours();
  const number = (value: number, width = 2, pad: '0' | ' ' = '0'): Field => ({
    text: String(value),
    width,
    pad,
  });
  switch (code) {
    case 'Y':
      return { text: String(date.getFullYear()) };
    case 'C':
      return number(Math.floor(date.getFullYear() / 100));
    case 'y':
      return number(date.getFullYear() % 100);
    case 'm':
      return number(date.getMonth() + 1);
    case 'd':
      return number(date.getDate());
    case 'e':
      return number(date.getDate(), 2, ' ');
    case 'j':
      return number(dayOfYear(date) + 1, 3);
    case 'B':
      return { text: MONTHS[date.getMonth()]! };
    case 'b':
    case 'h':
      return { text: MONTHS[date.getMonth()]!.slice(0, 3) };
    case 'A':
      return { text: DAYS[date.getDay()]! };
    case 'a':
      return { text: DAYS[date.getDay()]!.slice(0, 3) };
    case 'w':
      return number(date.getDay(), 1);
    case 'u':
      return number(date.getDay() || 7, 1);
    case 'H':
      return number(hour);
    case 'k':
      return number(hour, 2, ' ');
    case 'I':
      return number(hour % 12 || 12);
    case 'l':
      return number(hour % 12 || 12, 2, ' ');
    case 'p':
      return { text: hour < 12 ? 'AM' : 'PM' };
    case 'P':
      return { text: hour < 12 ? 'am' : 'pm' };
    case 'M':
      return number(date.getMinutes());
    case 'S':
      return number(date.getSeconds());
    case 'f':
      return number(date.getMilliseconds() * 1000, 6);
    case 's':
      return { text: String(Math.floor(date.getTime() / 1000)) };
    case 'U':
      return number(Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7));
    case 'W':
      return number(Math.floor((dayOfYear(date) + 7 - ((date.getDay() + 6) % 7)) / 7));
    case 'V':
      return number(isoWeek(date).week);
    case 'G':
      return { text: String(isoWeek(date).year) };
    case 'g':
      return number(isoWeek(date).year % 100);
    case 'z':
    case 'Z':
      return { text: '' };
    case 'n':
      return { text: '\n' };
    case 't':
      return { text: '\t' };
    case '%':
      return { text: '%' };
    default:
      return null;
  }
}

/** Codes that stand for several. */
const SIMPLE: { readonly [code: string]: string } = {
  c: '%a %b %e %H:%M:%S %Y',
  x: '%m/%d/%y',
  D: '%m/%d/%y',
  X: '%H:%M:%S',
  T: '%H:%M:%S',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  F: '%Y-%m-%d',
};

/** From 0. */
function dayOfYear(date: Date): number {
  return Math.round(
    (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 1)) /
      DAY,
  );
}

/** The week of ISO 8601: weeks begin on Monday, and belong to the year of their Thursday. */
function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 4 - (date.getDay() || 7));
  return { year: thursday.getFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 };
}
