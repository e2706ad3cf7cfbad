/** @file The colours of a conversation. */
import { styleText } from 'node:util';

const STYLES = {
  heading: 'bold',
  strong: 'bold',
  code: 'cyan',
  quiet: 'dim',
  name: 'magenta',
  problem: 'red',
} as const;

export type ChatStyle = keyof typeof STYLES;

/** Colours a text that holds no line break. */
export type ChatPaint = (style: ChatStyle, text: string) => string;

/** Paints when `colours`, else returns the text as it is. */
export function chatPainter(colours: boolean): ChatPaint {
  return (style, text) =>
    colours && text !== '' ? styleText(STYLES[style], text, { validateStream: false }) : text;
}

/** Colours each line of a text by itself. */
export function paintLines(paint: ChatPaint, style: ChatStyle, text: string): string {
  return text
    .split('\n')
    .map((line) => paint(style, line))
    .join('\n');
}
