/**
 * @file The load of experts, and its balance without an auxiliary loss (Wang et al. 2024, arXiv 2408.15664; DeepSeek-V3,
 * section 2.1.2).
 *
 * After each step the bias of an expert that read more tokens than the mean of its layer falls by γ, that of one that read
 * fewer rises by γ. The bias only chooses, so no gradient is disturbed.
 */
import { noGrad, scope, tensor } from '../torch/index.ts';
import { adaptedLayers, MixtureOfExperts, type Module, SigmoidRouter, submodules } from './layers/index.ts';

/**
 * Takes the tokens that each expert has read in training passes since the last call, padding counted, and moves the biases of
 * the routers that have some.
 * @param rate - γ; 0 leaves the biases as they are
 * @returns the load of the busiest expert over the mean load, the mean of all layers; null where no expert has read anything
 */
export function balanceExperts(model: Module, rate: number): number | null {
  const loads = mixturesIn(model).flatMap((mixture) => {
    const counts = mixture.takeLoad();
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    if (mean === 0) return [];
    if (rate > 0 && mixture.gate instanceof SigmoidRouter) move(mixture.gate, counts, mean, rate);
    return [Math.max(...counts) / mean];
  });
  return loads.length === 0 ? null : loads.reduce((sum, load) => sum + load, 0) / loads.length;
}

function move(router: SigmoidRouter, counts: Float64Array, mean: number, rate: number): void {
  const { e_score_correction_bias: biases } = router;
  noGrad(() =>
    scope(() => {
      const steps = Float32Array.from(counts, (count) => rate * Math.sign(mean - count));
      biases.add_(tensor(steps, [steps.length], { device: biases.device, dtype: biases.dtype }));
    }),
  );
}

/** Whether a model has biases that its training can move: those of a model with LoRA belong to its frozen base. */
export function hasExpertBiases(model: Module): boolean {
  if (adaptedLayers(model).length > 0) return false;
  return mixturesIn(model).some(({ gate }) => gate instanceof SigmoidRouter);
}

/** The mixtures anywhere in a module. */
function mixturesIn(module: Module): MixtureOfExperts[] {
  if (module instanceof MixtureOfExperts) return [module];
  return Object.entries(module).flatMap(([field, value]) =>
    [...submodules(field, value)].flatMap(([, child]) => mixturesIn(child)),
  );
}
