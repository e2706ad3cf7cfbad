/** @file The form of qwen2, qwen3, qwen3_moe and llama: grouped-query attention, and gated feed-forward blocks or experts. */
import type { DecoderConfig } from './decoder-config.ts';
import type { DecoderForm } from './decoder-form.ts';
import { isSparse } from './experts-file.ts';
import { Attention, GatedMLP, MixtureOfExperts, type Placement, SoftmaxRouter } from './layers/index.ts';
import { windowsOf } from './window-file.ts';

/** What a configuration asks for. */
export function groupedForm(config: DecoderConfig): DecoderForm {
  const { heads, kvHeads, headDim, qkNorm, rmsNormEps, mlpBias } = config;
  return {
    attention: (placement) => new Attention({ ...config, qkNormEps: qkNorm ? rmsNormEps : null }, placement),
    feedForward: (layer, placement) =>
      config.experts !== undefined && isSparse(config.experts, layer)
        ? softmaxExperts(config, config.experts, placement)
        : new GatedMLP({ ...config, bias: mlpBias }, placement),
    rotated: headDim,
    cached: { heads: kvHeads, widths: [headDim, headDim] },
    windows: windowsOf(config.window, config.layers),
    groups: heads / kvHeads,
    kernelHead: headDim,
  };
}

function softmaxExperts(
  { hiddenSize, activation }: DecoderConfig,
  { experts, width, perToken, normalised }: NonNullable<DecoderConfig['experts']>,
  placement: Placement,
): MixtureOfExperts {
  const router = new SoftmaxRouter({ hiddenSize, experts, perToken, normalised }, placement);
  const options = { hiddenSize, width, experts, sharedWidth: 0, activation };
  return new MixtureOfExperts(options, router, placement);
}
