/** @file The form of the variants of the decoder: grouped-query attention, and gated feed-forward blocks or experts. */
import { type DecoderConfig, rotatedOf } from './decoder-config.ts';
import type { DecoderForm, FeedForwardPart } from './decoder-form.ts';
import { isSparse } from './experts-file.ts';
import {
  Attention,
  FusedMLP,
  GatedMLP,
  MixtureOfExperts,
  type Placement,
  SoftmaxRouter,
} from './layers/index.ts';

/** What a configuration asks for. */
export function groupedForm(config: DecoderConfig): DecoderForm {
  const { heads, kvHeads, headDim, windows, rope, localRope } = config;
  const rotated = rotatedOf(headDim, config);
  return {
    attention: (layer, placement) => attentionOf(config, layer, placement),
    feedForward: (layer, placement) => feedForwardOf(config, layer, placement),
    rotated,
    ropes: localRope && windows.map((window) => (window === null ? rope : localRope)),
    cached: { heads: kvHeads, widths: [headDim, headDim] },
    windows,
    groups: heads / kvHeads,
    kernelHead: headDim,
    norms: config.norms,
    embeddingScale: config.embeddingScale,
    logitCap: config.logitCap,
  };
}

function attentionOf(config: DecoderConfig, layer: number, placement: Placement): Attention {
  const { qkNorm: over, rmsNormEps: eps, normOffset: offset = 0, queryScalar, ropeLayers, headDim } = config;
  const turns = ropeLayers?.[layer] ?? true;
  const options = {
    ...config,
    qkNorm: over === null ? null : { over, eps, offset },
    rotated: turns ? rotatedOf(headDim, config) : 0,
    scale: queryScalar === undefined ? undefined : queryScalar ** -0.5,
  };
  return new Attention(options, placement);
}

function feedForwardOf(config: DecoderConfig, layer: number, placement: Placement): FeedForwardPart {
  const { experts, mlpBias: bias, fused = false } = config;
  if (experts !== undefined && isSparse(experts, layer)) return softmaxExperts(config, experts, placement);
  return fused ? new FusedMLP(config, placement) : new GatedMLP({ ...config, bias }, placement);
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
