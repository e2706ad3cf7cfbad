/**
 * @file Data files of all stages, gone through before anything runs: a broken row is told in seconds and not when its
 * stage begins. Then each stage checks its settings against its inputs. Leaves out what earlier stages make.
 */
import type { StageDefinition } from '../../run/stage.ts';
import type { ResolvedStage } from './recipe.ts';
import { findReferences, type InputPlaces, resolveReference } from './references.ts';

/**
 * @param inputs - where inputs are looked for
 * @throws UserError naming file, row, column and remedy of the first row that cannot be used; UsageError for settings
 * that make no sense with their inputs
 */
export async function checkData(
  stages: readonly ResolvedStage[],
  definitions: readonly StageDefinition[],
  inputs: InputPlaces,
): Promise<void> {
  const checked = new Set<string>();
  for (const { stage, name, config } of stages) {
    const definition = definitions.find(({ kind }) => kind === stage)!;
    for (const file of definition.dataFiles?.(config) ?? []) {
      const path = findReferences(file.reference).length > 0 ? null : existing(file.reference, inputs);
      if (path === null || checked.has(`${path}\0${file.key}`)) continue;
      checked.add(`${path}\0${file.key}`);
      await file.check(path, name);
    }
    await definition.checkInputs?.(config, (reference) =>
      findReferences(reference).length > 0 ? null : existing(reference, inputs),
    );
  }
}

/** A file that is not there is told, or assumed, by the stage's estimate. */
function existing(reference: string, inputs: InputPlaces): string | null {
  try {
    return resolveReference(reference, { ...inputs, stageDir: (name) => name });
  } catch {
    return null;
  }
}
