/** @file Talking with checkpoints: at a terminal, or one message through pipes. */
export { chatPainter } from './palette.ts';
export { answerOnce, readMessage } from './piped.ts';
export { Screen } from './screen.ts';
export { runSession } from './session.ts';
export type { ChatSettings } from './settings.ts';
export type { ChatStreams, Input } from './streams.ts';
