/** @file Public exports of the search world. */
export { searchDocuments, searchDocumentsSchema } from './documents.ts';
export { searchHeldOut, searchPrompts, searchSchema } from './prompts.ts';
export { searchRight } from './reward.ts';
