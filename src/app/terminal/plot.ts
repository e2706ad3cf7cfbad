/**
 * @file Line plots as SVG text, for the run directory: series over steps on one or two axes.
 *
 * As a file of its own it has a white background and dark text, so that it reads the same on a light and a dark page;
 * inside a page it takes the page's colours. Colours are told apart by people with colour-blindness (Okabe and Ito 2008),
 * and there are dashes on the right axis. Leaves out interaction, other kinds of plot, and time or logarithmic axes.
 */

import { textWidth } from '../../text/index.ts';
import { LARGEST, niceTicks, type Ticks, ticksMatching } from './nice-ticks.ts';
import { escapeXml, round, text } from './svg.ts';

/** One line. Points whose y is not finite interrupt it. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A vertical axis and the series measured on it. */
export interface Axis {
  readonly label: string;
  readonly series: readonly Series[];
  /** Values the axis has to reach, beyond those of the series, e.g. [0, 1] for a rate. */
  readonly include?: readonly number[];
}

/** What to draw. */
export interface PlotOptions {
  readonly title: string;
  /** What the plot shows in a sentence, for people who do not see it (default: made of title and series). */
  readonly description?: string;
  /** Label of the horizontal axis. */
  readonly xLabel: string;
  /** Ticks of the horizontal axis, for points at other places than their values, such as logarithms (default: round numbers). */
  readonly xTicks?: Ticks;
  readonly left: Axis;
  readonly right?: Axis;
  /** Points in the centred moving average drawn over the faint raw line (default 1: the raw line alone). */
  readonly smooth?: number;
  readonly width?: number;
  readonly height?: number;
  /** Default `PAPER`. */
  readonly theme?: Theme;
}

/** Colours, as SVG has them. */
export interface Theme {
  readonly text: string;
  readonly grid: string;
  /** null: none is drawn. */
  readonly background: string | null;
  /** One a series, from the first again where there are more. */
  readonly series: readonly string[];
}

/** For a file of its own. */
export const PAPER: Theme = {
  text: '#24292f',
  grid: '#d8dee4',
  background: '#ffffff',
  series: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'],
};

/** For a place inside a page, whose style sheet says what `--grid` and `--series-1` … `--series-6` are. */
export const PAGE: Theme = {
  text: 'currentColor',
  grid: 'var(--grid)',
  background: null,
  series: PAPER.series.map((_, i) => `var(--series-${i + 1})`),
};

const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const MARGIN = { top: 72, right: 68, rightPlain: 24, bottom: 52, left: 68 };

/** From a value to a place on the page, in pixels. */
type Scale = (value: number) => number;

/** The rectangle that the lines are drawn in. */
interface Area {
  readonly x: number;
  readonly y: number;
  readonly right: number;
  readonly bottom: number;
}

/** A series with how it is drawn. */
interface Line extends Series {
  readonly colour: string;
  readonly dashed: boolean;
  readonly y: Scale;
}

/** Where things go on the page. */
interface Frame {
  readonly theme: Theme;
  readonly area: Area;
  /** Smallest and largest x of the data: the horizontal axis ends with them. */
  readonly range: readonly [low: number, high: number];
  readonly x: Scale;
  readonly xTicks: Ticks;
  readonly left: Scale;
  readonly leftTicks: Ticks;
  readonly right: Scale;
  /** On the gridlines of the left axis. */
  readonly rightTicks: Ticks;
}

/** The plot as a complete SVG document. */
export function linePlot(options: PlotOptions): string {
  const { title, xLabel, left, right, width = 720, height = 420, smooth = 1 } = options;
  const frame = layOut(options, width, height);
  const { area, theme } = frame;
  const leftLines = asLines(left, frame.left, false, theme.series);
  const rightLines = right ? asLines(right, frame.right, true, theme.series, leftLines.length) : [];
  const lines = [...leftLines, ...rightLines];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${FONT}" font-size="12" fill="${theme.text}">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(options.description ?? describe(options))}</desc>`,
    ...(theme.background === null
      ? []
      : [`<rect width="${width}" height="${height}" fill="${theme.background}"/>`]),
    text(area.x, 28, title, 'font-size="16" font-weight="600"'),
    ...legend(lines, area.x, 52, area.right),
    ...leftAxis(frame),
    axisLabel(left, leftLines, 18, middle(area.y, area.bottom), -90),
    ...(right ? rightAxis(frame) : []),
    ...(right ? [axisLabel(right, rightLines, width - 18, middle(area.y, area.bottom), 90)] : []),
    ...bottomAxis(frame),
    text(middle(area.x, area.right), height - 12, xLabel, 'text-anchor="middle"'),
    ...lines.flatMap((line) => drawLine(line, frame.x, smooth)),
    '</svg>',
    '',
  ].join('\n');
}

function layOut({ left, right, xTicks, theme = PAPER }: PlotOptions, width: number, height: number): Frame {
  const marginRight = right ? MARGIN.right : MARGIN.rightPlain;
  const area = { x: MARGIN.left, y: MARGIN.top, right: width - marginRight, bottom: height - MARGIN.bottom };
  const xs = [left, ...(right ? [right] : [])].flatMap((axis) =>
    axis.series.flatMap((series) => series.points.map(([x]) => x)),
  );
  const range = extent(xs);
  // Steps are whole numbers, and so are their ticks.
  const xCount = xs.every(Number.isInteger) ? Math.max(1, Math.min(6, range[1] - range[0])) : 6;
  const leftTicks = niceTicks(...extent(valuesOf(left)));
  const rightTicks = ticksMatching(...extent(right ? valuesOf(right) : []), leftTicks.values.length - 1);
  return {
    theme,
    area,
    range,
    x: scale(range, area.x, area.right),
    xTicks: xTicks ?? niceTicks(...range, xCount),
    left: scale(ends(leftTicks), area.bottom, area.y),
    leftTicks,
    right: scale(ends(rightTicks), area.bottom, area.y),
    rightTicks,
  };
}

function asLines(axis: Axis, y: Scale, dashed: boolean, colours: readonly string[], first = 0): Line[] {
  return axis.series.map((series, i) => ({
    ...series,
    y,
    dashed,
    colour: colours[(first + i) % colours.length]!,
  }));
}

function drawLine(line: Line, x: Scale, smooth: number): string[] {
  const smoothed = smooth > 1 ? movingAverage(line.points, smooth) : line.points;
  const stroke = `fill="none" stroke="${line.colour}" stroke-linejoin="round" stroke-linecap="round"`;
  const dash = line.dashed ? ' stroke-dasharray="7 5"' : '';
  const raw = smooth > 1 ? [`<path d="${path(line.points, x, line.y)}" ${stroke} opacity="0.25"/>`] : [];
  return [...raw, `<path d="${path(smoothed, x, line.y)}" ${stroke} stroke-width="2"${dash}/>`];
}

/** Moves and lines, in tenths of a pixel; a lone point is a short dash. */
function path(points: Series['points'], x: Scale, y: Scale): string {
  let d = '';
  let drawing = false;
  points.forEach(([px, py], i) => {
    const finite = drawable(py);
    const lone = finite && !drawing && !drawable(points[i + 1]?.[1]);
    if (lone) d += `M${round(x(px) - 3)} ${round(y(py))}h6`;
    else if (finite) d += `${drawing ? 'L' : 'M'}${round(x(px))} ${round(y(py))}`;
    drawing = finite;
  });
  return d;
}

/** Centred mean over `window` points, fewer at the ends; points that are not finite stay and are not averaged in. */
export function movingAverage(points: Series['points'], window: number): [number, number][] {
  const half = Math.floor(window / 2);
  return points.map(([x, y], i) => {
    if (!drawable(y)) return [x, y];
    const near = points.slice(Math.max(0, i - half), i + half + 1).filter((p) => drawable(p[1]));
    return [x, near.reduce((sum, p) => sum + p[1], 0) / near.length];
  });
}

function legend(lines: readonly Line[], x: number, y: number, limit: number): string[] {
  // Text is not measured here: 6.6 px a character is the mean of the fonts named above at 12 px.
  let at = x;
  return lines.flatMap((line) => {
    const width = 30 + 6.6 * textWidth(line.name) + 18;
    const start = at;
    at += width;
    if (start > x && at - 18 > limit) return [];
    const dash = line.dashed ? ' stroke-dasharray="7 5"' : '';
    return [
      `<path d="M${round(start)} ${y - 4}h24" stroke="${line.colour}" stroke-width="2"${dash}/>`,
      text(round(start + 30), y, line.name),
    ];
  });
}

function leftAxis({ area, left, leftTicks, theme }: Frame): string[] {
  return leftTicks.values.flatMap((value, i) => [
    `<path d="M${area.x} ${round(left(value))}H${area.right}" stroke="${theme.grid}"/>`,
    text(area.x - 8, left(value) + 4, leftTicks.labels[i]!, 'text-anchor="end"'),
  ]);
}

function rightAxis({ area, right, rightTicks }: Frame): string[] {
  return rightTicks.values.map((value, i) => text(area.right + 8, right(value) + 4, rightTicks.labels[i]!));
}

function bottomAxis({ area, range, x, xTicks, theme }: Frame): string[] {
  return xTicks.values.flatMap((value, i) => {
    if (value < range[0] || value > range[1]) return [];
    return [
      `<path d="M${round(x(value))} ${area.bottom}v5" stroke="${theme.text}"/>`,
      text(x(value), area.bottom + 20, xTicks.labels[i]!, 'text-anchor="middle"'),
    ];
  });
}

/** The label beside an axis, in the colour of its series where there is one only. */
function axisLabel(axis: Axis, lines: readonly Line[], x: number, y: number, turn: number): string {
  const fill = lines.length === 1 ? ` fill="${lines[0]!.colour}"` : '';
  return text(x, y, axis.label, `text-anchor="middle" transform="rotate(${turn} ${x} ${round(y)})"${fill}`);
}

function scale([low, high]: readonly [number, number], from: number, to: number): Scale {
  return (value) => (high > low ? from + ((value - low) / (high - low)) * (to - from) : middle(from, to));
}

function middle(from: number, to: number): number {
  return (from + to) / 2;
}

function valuesOf(axis: Axis): number[] {
  return [...axis.series.flatMap((series) => series.points.map(([, y]) => y)), ...(axis.include ?? [])];
}

/** Whether a value has a place on an axis: finite, and not absurdly large. */
function drawable(value: number | undefined): boolean {
  return value !== undefined && Math.abs(value) <= LARGEST;
}

/** Smallest and largest drawable value; [0, 1] when there is none. */
function extent(values: readonly number[]): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!drawable(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}

function ends(ticks: Ticks): readonly [number, number] {
  return [ticks.values[0]!, ticks.values.at(-1)!];
}

function describe({ title, xLabel, left, right }: PlotOptions): string {
  const ranges = [left, ...(right ? [right] : [])].flatMap((axis) =>
    axis.series.map((series) => {
      const values = series.points.map(([, y]) => y).filter(drawable);
      if (values.length === 0) return `${series.name} has no values`;
      return `${series.name} goes from ${short(values[0]!)} to ${short(values.at(-1)!)}`;
    }),
  );
  return `${title}, by ${xLabel}: ${ranges.join('; ')}.`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
