/**
 * @file Every kind of stage a recipe may name. A new stage is its file and one line here.
 */

import type { StageDefinition } from '../run/stage.ts';
import { evaluate } from './evaluate/evaluate.ts';
import { pretrain } from './pretrain/pretrain.ts';
import { reject } from './reject/reject.ts';
import { rewardModel } from './reward-model/reward-model.ts';
import { rl } from './rl/rl.ts';
import { sft } from './sft/sft.ts';

export const stageDefinitions = [
  pretrain,
  sft,
  rewardModel,
  rl,
  reject,
  evaluate,
] as const satisfies readonly StageDefinition[];
