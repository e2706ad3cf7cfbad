/** @file Reports of a run: written at its end, or again from its files. */

export { readingOf } from './reading.ts';
export { isRunDirectory, rebuildReport } from './rebuild.ts';
export { type FinalReport, writeReport } from './report.ts';
