/** @file ExpertWatch: the load of experts in training: how uneven it is, and which experts are dead. */
import { busiest, type LayerLoad } from '../../models/index.ts';

/** Optimiser steps in a row without a token after which an expert counts as dead. */
export const DEAD_AFTER = 50;

/** How even the load of optimiser steps was. */
export interface ExpertReport {
  /** Tokens of a layer's busiest expert over the mean of its experts, the mean of all layers and steps. */
  readonly loadMax: number;
  /** Share of experts that read no token in a step, the mean of all layers and steps. */
  readonly idle: number;
  /** Experts that have died, by the path of their layer; empty while none has. */
  readonly dead: ReadonlyMap<string, readonly number[]>;
}

export class ExpertWatch {
  /** Steps in a row in which each expert of a layer has read nothing. */
  readonly #idleSteps = new Map<string, Int32Array>();
  #steps: { readonly loadMax: number; readonly idle: number }[] = [];

  /** Counts an optimiser step in which these layers have read tokens. */
  count(layers: readonly LayerLoad[]): void {
    if (layers.length === 0) return;
    let [loadMax, idle] = [0, 0];
    for (const load of layers) {
      const { layer, tokens } = load;
      const before = this.#idleSteps.get(layer) ?? new Int32Array(tokens.length);
      const steps = before.map((count, expert) => (tokens[expert] === 0 ? count + 1 : 0));
      this.#idleSteps.set(layer, steps);
      loadMax += busiest(load) / layers.length;
      idle += tokens.filter((count) => count === 0).length / tokens.length / layers.length;
    }
    this.#steps.push({ loadMax, idle });
  }

  /** The steps counted since the last call; null where there are none. */
  take(): ExpertReport | null {
    const steps = this.#steps;
    this.#steps = [];
    if (steps.length === 0) return null;
    const mean = (of: 'loadMax' | 'idle') => steps.reduce((sum, step) => sum + step[of], 0) / steps.length;
    return { loadMax: mean('loadMax'), idle: mean('idle'), dead: this.#dead() };
  }

  #dead(): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const [layer, steps] of this.#idleSteps) {
      const dead = [...steps.keys()].filter((expert) => steps[expert]! >= DEAD_AFTER);
      if (dead.length > 0) found.set(layer, dead);
    }
    return found;
  }
}

/** The warning of dead experts, with what to do about them. */
export function deadExperts(dead: ExpertReport['dead']): string {
  const layers = [...dead].map(([layer, experts]) => `${layer}: ${experts.join(', ')}`);
  return `experts have read no token in ${DEAD_AFTER} optimiser steps (${layers.join('; ')}): they learn nothing and their weights are of no use; balance the load with \`optimizer.expertBias\` (deepseek_v3) or \`optimizer.balanceLoss\``;
}
