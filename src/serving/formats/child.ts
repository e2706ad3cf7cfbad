/** @file The program that compiles formats: one message in, one message out. It ends with the server. */
import { UserError } from '../../errors.ts';
import { compileFormat, type FormatSource } from '../../inference/constraint/index.ts';
import type { Compilation } from './compiler.ts';

function compiled(source: FormatSource): Compilation {
  try {
    return { format: compileFormat(source) };
  } catch (error) {
    if (error instanceof UserError) return { refusal: error.message };
    throw error;
  }
}

process.on('message', (source: FormatSource) => void process.send!(compiled(source)));
process.on('disconnect', () => process.exit(0));
// The terminal's Ctrl-C reaches the whole group: the server decides when this process ends.
process.on('SIGINT', () => {});
process.send!('ready');
