/**
 * @file The same problems answered before and after training, in two columns.
 */
import { type Paint, painter } from '../../output.ts';
import { padEnd, printable, truncate, wrap } from '../../text/index.ts';
import { type Graded, isRight } from './graded.ts';

/** Settings of `sideBySide`. */
export interface SideBySideOptions {
  /** Headings of the two columns (default `before`, `after`). */
  readonly names?: readonly [before: string, after: string];
  /** The question of each problem by `promptId`; the id is shown where it is missing. */
  readonly questions?: ReadonlyMap<string, string>;
  /** Colour the marks (default false). */
  readonly colours?: boolean;
  /** Problems shown (default 3): the first ones both lists hold, not picked by outcome. */
  readonly count?: number;
  /** Lines shown of one response (default 12); the rest is cut, with a count of what is missing. */
  readonly maxLines?: number;
}

/** Narrower than this, the two responses are put one below the other. */
const NARROWEST_COLUMN = 24;
const GAP = ' │ ';

/**
 * Lays out completions of the same problems before and after.
 *
 * @param width - columns of the terminal
 * @returns lines joined by `\n`, none wider than `width`; empty when the lists share no problem
 */
export function sideBySide(
  before: readonly Graded[],
  after: readonly Graded[],
  width: number,
  options: SideBySideOptions = {},
): string {
  const paint = painter(options.colours ?? false);
  const later = new Map(after.map((graded) => [graded.promptId, graded]));
  const shared = before.filter((graded) => later.has(graded.promptId)).slice(0, options.count ?? 3);
  const blocks = shared.map((graded) => {
    const question = printable(options.questions?.get(graded.promptId) ?? graded.promptId);
    const heading = wrap(question, width).map((line) => paint('strong', line));
    return [...heading, ...pair(graded, later.get(graded.promptId)!, width, options, paint)].join('\n');
  });
  return blocks.join('\n\n');
}

function pair(
  before: Graded,
  after: Graded,
  width: number,
  options: SideBySideOptions,
  paint: Paint,
): string[] {
  const [left, right] = options.names ?? ['before', 'after'];
  const maxLines = options.maxLines ?? 12;
  const column = Math.floor((width - GAP.length) / 2);
  if (column < NARROWEST_COLUMN) {
    return [...cell(left, before, width, maxLines, paint), ...cell(right, after, width, maxLines, paint)];
  }
  const a = cell(left, before, column, maxLines, paint);
  const b = cell(right, after, column, maxLines, paint);
  const rows = Array.from(
    { length: Math.max(a.length, b.length) },
    (_, i) => [a[i] ?? '', b[i] ?? ''] as const,
  );
  return rows.map(([x, y]) => `${padEnd(x, column)}${paint('quiet', GAP)}${y}`.trimEnd());
}

/** One response: a line with mark and length, then its text. */
function cell(name: string, graded: Graded, width: number, maxLines: number, paint: Paint): string[] {
  const [mark, tone] = isRight(graded)
    ? (['✓', 'good'] as const)
    : graded.correct === null
      ? (['?', 'warning'] as const)
      : (['✗', 'bad'] as const);
  const cut = graded.finish === 'length' ? ', cut by the limit' : '';
  const heading = truncate(`${mark} ${printable(name)}, ${graded.length} tokens${cut}`, width);
  const text = wrap(printable(graded.text.trim()) || '(empty)', width);
  const shown = text.length > maxLines ? text.slice(0, maxLines - 1) : text;
  const rest = text.length - shown.length;
  return [
    paint(tone, heading),
    ...shown,
    ...(rest > 0 ? [paint('quiet', truncate(`… ${rest} more lines`, width))] : []),
  ];
}
