/** AdamW, clipping and the gradient of a real model against torch.optim.AdamW: five steps of the reference's qwen2. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { loadModel } from '../../src/models/index.ts';
import { LogprobPass } from '../../src/rl/loss/index.ts';
import { Learner, optimizerSchema } from '../../src/rl/update/index.ts';
import { indices, scope } from '../../src/torch/index.ts';
import { type AdamWReference, REFERENCE, readReference } from '../reference.ts';

it('five steps match torch.optim.AdamW', () => {
  const reference = readReference<AdamWReference>('adamw-qwen2.json');
  const { lr, betas, eps, weight_decay: weightDecay, max_grad_norm: maxGradNorm } = reference.adamw;
  const model = loadModel(path.join(REFERENCE, 'models/qwen2'));
  const settings = { peak: lr, betas, epsilon: eps, weightDecay, decay: 'all', maxGradNorm };
  const learner = new Learner(model, optimizerSchema.parse(settings), reference.batches.length);
  for (const [step, batch] of reference.batches.entries()) {
    let loss = 0;
    const { gradNorm } = learner.step([batch], (rows) => {
      loss = scope(() => {
        const length = rows[0]!.length - 1;
        const inputs = rows.flatMap((row) => row.slice(0, -1));
        const targets = indices(rows.flatMap((row) => row.slice(1)));
        const hidden = model.hidden({ tokens: indices(inputs, [rows.length, length]) }).flatten(0, 1);
        const pass = new LogprobPass(model, hidden, targets, model.config.vocabSize);
        const mean = pass.logprobs.mean().neg();
        pass.backward(mean);
        return mean.item();
      });
    });
    const relative = (actual: number, expected: number): number => Math.abs(actual / expected - 1);
    expect(relative(loss, reference.losses[step]!), `loss of step ${step}`).toBeLessThan(1e-4);
    expect(relative(gradNorm, reference.grad_norms_before_clip[step]!), `norm of step ${step}`).toBeLessThan(
      1e-3,
    );
  }
});
