/** @file Times of the day: when a journey ends or began, and the angle of the clock's hands at its end. */
import type { Random } from '../../../random.ts';
import { plainAnswer, scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { spans: 1, grain: 15 },
  { spans: 1, grain: 1 },
  { spans: 2, grain: 1 },
  { spans: 4, grain: 1 },
  { spans: 7, grain: 1 },
];
const DAY = 24 * 60;
const LONGEST_SPAN = 600;
const PARTS = [
  'The first leg takes',
  'A stop takes',
  'The ferry takes',
  'A detour takes',
  'The walk takes',
  'Lunch takes',
  'The last leg takes',
];
const FORMAT = 'Answer with the time of a 24-hour clock in the form HH:MM.';

const ASKS = ['end', 'start', 'angle'] as const;
type Ask = (typeof ASKS)[number];

/** By arithmetic modulo a day; the solver reads the text and turns the hands minute by minute. */
export const clock: TaskFamily = {
  name: 'clock',
  description: 'Compute with times of the day and with the hands of a clock.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { spans, grain } = atLevel(LEVELS, level);
    const start = random.int(0, DAY / grain - 1) * grain;
    const minutes = Array.from({ length: spans }, () => random.int(1, LONGEST_SPAN / grain) * grain);
    const end = (start + minutes.reduce((sum, span) => sum + span, 0)) % DAY;
    const ask = random.choice(ASKS);
    const journey = minutes.map((span, i) => `${PARTS[i]} ${speak(span)}.`).join(' ');
    const answer = { end: show(end), start: show(start), angle: String(angleAt(end)) }[ask];
    return {
      text: write(random, ask, journey, show(start), show(end)),
      answer,
      meta: { ask, size: spans * 100 - grain },
    };
  },

  score(answer, problem) {
    if (problem.meta.ask === 'angle') return scoreNumber(answer, problem.answer, ['degrees', '°']);
    return readTime(answer) === problem.answer ? 1 : 0;
  },

  solve({ text, meta }) {
    const spans = [...text.matchAll(/(\d+) hours? and (\d+) minutes?/g)];
    const total = spans.reduce((sum, [, hours, minutes]) => sum + 60 * Number(hours) + Number(minutes), 0);
    let [hour, minute] = (/\d\d:\d\d/.exec(text)?.[0] ?? '').split(':').map(Number) as [number, number];
    for (let i = 0; i < total; i++) {
      minute += meta.ask === 'start' ? -1 : 1;
      if (minute === 60) [hour, minute] = [(hour + 1) % 24, 0];
      if (minute === -1) [hour, minute] = [(hour + 23) % 24, 59];
    }
    if (meta.ask !== 'angle') return [`${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`];
    const apart = Math.abs(30 * (hour % 12) + minute / 2 - 6 * minute);
    return [String(Math.min(apart, 360 - apart))];
  },
};

function write(random: Random, ask: Ask, journey: string, start: string, end: string): string {
  if (ask === 'start') {
    const opening = random.choice([
      `A journey ended at ${end}.`,
      `Somebody arrived at ${end} after this journey.`,
    ]);
    return `${opening} ${journey} When did it begin? ${FORMAT}`;
  }
  const opening = random.choice([`A journey begins at ${start}.`, `It is ${start} when somebody sets out.`]);
  if (ask === 'end') return `${opening} ${journey} What time is it at the end? ${FORMAT}`;
  return `${opening} ${journey} What is the smaller angle between the hour hand and the minute hand of a clock at the end, in degrees? Both hands move evenly. Answer with a number such as 15 or 7.5.`;
}

/** Degrees between the hands: the minute hand gains 5.5 on the hour hand each minute. */
function angleAt(minutes: number): number {
  const gained = (5.5 * minutes) % 360;
  return Math.min(gained, 360 - gained);
}

function show(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

function speak(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return `${hours} ${hours === 1 ? 'hour' : 'hours'} and ${rest} ${rest === 1 ? 'minute' : 'minutes'}`;
}

/** `9:05`, `09.05`, `9:05 pm` or `21:05:00` as `HH:MM`, or null. */
function readTime(answer: string): string | null {
  const match = /^(\d{1,2})[:.](\d{2})(?::00)?\s?(?:([ap])\.?m\.?|h|o'clock)?$/i.exec(
    plainAnswer(answer, 100),
  );
  if (match === null) return null;
  const hour = Number(match[1]);
  const half = match[3]?.toLowerCase();
  if (half !== undefined && (hour < 1 || hour > 12)) return null;
  const hour24 = half === undefined ? hour : (hour % 12) + (half === 'p' ? 12 : 0);
  return `${String(hour24).padStart(2, '0')}:${match[2]}`;
}
