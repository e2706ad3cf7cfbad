/** @file Public exports of the task families. */

export { normalText } from './answers.ts';
export type { Problem, TaskFamily } from './family.ts';
export { FAMILIES, FAMILY_NAMES, findFamily } from './registry.ts';
