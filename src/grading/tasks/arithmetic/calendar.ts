/** @file Dates of the Gregorian calendar: days of the week, days between dates, dates some days away. */
import type { Random } from '../../../random.ts';
import { plainAnswer, scoreNumber, scoreText } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { span: 20, firstYear: 2020, lastYear: 2025 },
  { span: 100, firstYear: 2000, lastYear: 2030 },
  { span: 500, firstYear: 1970, lastYear: 2040 },
  { span: 3000, firstYear: 1900, lastYear: 2100 },
  { span: 20_000, firstYear: 1600, lastYear: 2400 },
];
const MS_PER_DAY = 86_400_000;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

type Ask = 'weekday' | 'date' | 'days';

/** By the arithmetic of `Date` (in UTC); the solver turns the calendar one day at a time. */
export const calendar: TaskFamily = {
  name: 'calendar',
  description: 'Compute with dates: weekdays, days between, dates some days away.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { span, firstYear, lastYear } = atLevel(LEVELS, level);
    const first = Date.UTC(firstYear, 0, 1) / MS_PER_DAY;
    const from = random.int(first, Date.UTC(lastYear, 11, 31) / MS_PER_DAY);
    const days = random.int(Math.ceil(span / 4), span) * (random.chance(0.3) ? -1 : 1);
    const ask = random.choice<Ask>(['weekday', 'date', 'days']);
    return {
      text: write(random, ask, from, days),
      answer: { weekday: weekday(from + days), date: iso(from + days), days: String(Math.abs(days)) }[ask],
      meta: { ask, from: iso(from), days, to: iso(from + days), weekday: weekday(from), size: span },
    };
  },

  score(answer, problem) {
    if (problem.meta.ask === 'days') return scoreNumber(answer, problem.answer, ['days', 'day']);
    if (problem.meta.ask === 'weekday') return scoreText(answer, problem.answer);
    const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(plainAnswer(answer, 100)) ?? [];
    return `${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}` === problem.answer ? 1 : 0;
  },

  solve({ meta }) {
    const from = meta.from as string;
    if (meta.ask === 'days') {
      const [early, late] = [from, meta.to as string].sort() as [string, string];
      let count = 0;
      for (let date = early; date !== late; date = neighbour(date, 1)) count++;
      return [String(count)];
    }
    const days = Number(meta.days);
    let date = from;
    let index = WEEKDAYS.indexOf(meta.weekday as string);
    for (let i = 0; i < Math.abs(days); i++) {
      date = neighbour(date, Math.sign(days));
      index = (index + 7 + Math.sign(days)) % 7;
    }
    return [meta.ask === 'date' ? date : WEEKDAYS[index]!];
  },
};

function write(random: Random, ask: Ask, from: number, days: number): string {
  const [start, end] = [from, from + days].map(spell) as [string, string];
  const away = `${Math.abs(days)} days ${days > 0 ? 'after' : 'before'}`;
  if (ask === 'days') {
    const [early, late] = days > 0 ? [start, end] : [end, start];
    const question = random.choice([
      `How many days are there from ${early} to ${late}?`,
      `How many days pass between ${early} and ${late}?`,
    ]);
    return `${question} Count the last day but not the first. Answer with a whole number.`;
  }
  if (ask === 'date') {
    const question = random.choice([`Which date is ${away} ${start}?`, `What is the date ${away} ${start}?`]);
    return `${question} Answer in the form YYYY-MM-DD.`;
  }
  const question = random.choice([
    `${start} is a ${weekday(from)}. Which day of the week is ${away} it?`,
    `Given that ${start} falls on a ${weekday(from)}, on which weekday does the day ${away} it fall?`,
  ]);
  return `${question} Answer with the English name of the day.`;
}

function iso(day: number): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
}

function weekday(day: number): string {
  return WEEKDAYS[new Date(day * MS_PER_DAY).getUTCDay()]!;
}

function spell(day: number): string {
  const date = new Date(day * MS_PER_DAY);
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}`;
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** The day after (`way` 1) or before (−1) an ISO date. */
function neighbour(date: string, way: number): string {
  let [year, month, day] = date.split('-').map(Number) as [number, number, number];
  day += way;
  if (day < 1 || day > daysIn(year, month)) {
    month += way;
    if (month < 1 || month > 12) [year, month] = [year + way, way > 0 ? 1 : 12];
    day = way > 0 ? 1 : daysIn(year, month);
  }
  return [String(year), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-');
}
