/**
 * The student of the search world: 0.2M parameters, pre-trained on documents that never say "wait".
 *
 *   aha run recipes/aha/student.ts --out runs/aha-student     # about two minutes on one GPU
 */
import { defineRecipe } from '@aha-r1/aha';
import { evaluation, pretraining } from './settings.ts';

export default defineRecipe({
  name: 'aha-student',
  title: 'Pre-train the student of the search world',
  // As the checkpoints in models/ were made, on a GPU too.
  precision: 'fp32',
  stages: [pretraining('student', { impatientShare: 1, stopRate: 1 }, 64), evaluation('Student', '@student')],
});
