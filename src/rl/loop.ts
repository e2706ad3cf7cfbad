/**
 * @file The loop of reinforcement learning: data → rollout → reward → advantage → loss → update.
 *
 * With the preset `grpo` it maximises GRPO's objective (DeepSeek-R1, arXiv 2501.12948, §2.2.1, equations 1 to 3):
 *
 *   J(θ) = E[ q ~ P(Q), {oᵢ}ᵢ₌₁..G ~ π_old(O|q) ]
 *            1/G Σᵢ ( min( ρᵢ Aᵢ, clip(ρᵢ, 1 − ε, 1 + ε) Aᵢ ) − β D_KL(π_θ ‖ π_ref) ),   ρᵢ = π_θ(oᵢ|q) / π_old(oᵢ|q)   (1)
 *   D_KL(π_θ ‖ π_ref) = π_ref(oᵢ|q) / π_θ(oᵢ|q) − log( π_ref(oᵢ|q) / π_θ(oᵢ|q) ) − 1                                  (2)
 *   Aᵢ = ( rᵢ − mean({r₁ … r_G}) ) / std({r₁ … r_G})                                                                 (3)
 *
 *   q ~ P(Q)                     prompts                     data/tasks.ts
 *   oᵢ ~ π_old(O|q)              G completions of each       rl/rollout/rollout.ts
 *   rᵢ                           rewards                     rl/reward/grading.ts
 *   Aᵢ                           advantages                  rl/advantage/groups.ts
 *   π_θ(oᵢ|q), π_ref(oᵢ|q)       log-probabilities           rl/loss/logprobs.ts
 *   min(ρᵢ Aᵢ, clip(ρᵢ) Aᵢ)      clipped surrogate           rl/loss/terms.ts
 *   D_KL                         estimate of the KL          rl/loss/terms.ts
 *   1/G Σᵢ ( … − β D_KL )        weights of tokens, the sum  rl/loss/policy.ts
 *   θ                            gradient step on −J         rl/update.ts, rl/update/learner.ts
 *
 * Equation 1 is by response. Here every term is per token, as in DeepSeekMath (arXiv 2402.03300, eq. 3), and
 * `loss.aggregation` says how tokens are weighed. Other algorithms replace single terms (docs/algorithms.md); docs/grpo.md
 * works one group of four through by hand.
 */
import { advantages } from './advantages.ts';
import { dynamicSampling } from './dynamic-sampling.ts';
import { prepare } from './prepare.ts';
import { record } from './record.ts';
import { Grading } from './reward/index.ts';
import { type RlRun, sharing } from './run.ts';
import { trainSteps } from './training-loop.ts';
import { update } from './update.ts';
import { validate } from './validation.ts';
import { warnOfSettings } from './warnings.ts';

/** Trains the policy of a run. */
export async function train(run: RlRun): Promise<void> {
  const { config, context, learner, rollouts, rewards, earlyStop: until } = run;
  const { steps, checkpointEvery: every } = config;
  warnOfSettings({ ...config, maxPositions: learner.model.config.maxPositions }, context.watcher);
  for await (const step of trainSteps(run, { steps, every, until })) {
    if (step.index === 0) step.startFrom(await validate(run, 0));
    const grading = new Grading(rewards, sharing(run)); // rewards that wait elsewhere do so while other groups are sampled,
    const completions = step.lap('rollout', await rollouts.next(step.index, (group) => grading.begin(group)));
    step.lap('reward', grading.ask(completions)); // and while the update is prepared
    const prepared = step.lap('update', await prepare(run, completions, step.index, () => grading.pending));
    const scored = step.lap('reward', await grading.scored(completions));
    const groups = await dynamicSampling(run, step, scored); // all groups, unless a recipe asks for it
    const estimate = step.lap('update', advantages(run, groups.kept, prepared));
    const updates = step.lap('update', update(run, estimate.samples, step.index, prepared));
    await record(run, step, { groups, advantages: estimate, updates });
    step.report(await validate(run, step.number));
  }
}
