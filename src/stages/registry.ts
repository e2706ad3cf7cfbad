/**
 * @file Every kind of stage a recipe may name. A new stage is its file and one line here.
 */
import type { StageDefinition } from './stage.ts';

export const stageDefinitions = [] as const satisfies readonly StageDefinition[];
