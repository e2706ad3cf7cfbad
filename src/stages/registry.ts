/**
 * @file Every kind of stage a recipe may name. A new stage is its file and one line here.
 */
import { evaluate } from './evaluate.ts';
import { pretrain } from './pretrain.ts';
import { reject } from './reject.ts';
import { rewardModel } from './reward-model.ts';
import { rl } from './rl.ts';
import { sft } from './sft.ts';
import type { StageDefinition } from './stage.ts';

export const stageDefinitions = [
  pretrain,
  sft,
  rewardModel,
  rl,
  reject,
  evaluate,
] as const satisfies readonly StageDefinition[];
