/** @file Model picker: each one chosen is a column. */
import { useEffect, useRef } from 'preact/hooks';
import { magnitude } from '../format.ts';
import type { ServedModel } from '../wire.ts';

/** More do not fit side by side. */
export const MOST_MODELS = 4;

export interface ModelPickerProps {
  readonly models: readonly ServedModel[];
  readonly chosen: readonly string[];
  readonly choose: (models: readonly string[]) => void;
}

export function ModelPicker({ models, chosen, choose }: ModelPickerProps) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => closeFromOutside(details.current!), []);
  const toggle = (id: string) => {
    const next = models.map((model) => model.id).filter((other) => chosen.includes(other) !== (other === id));
    if (next.length <= MOST_MODELS) choose(next);
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !details.current!.open) return;
    event.preventDefault();
    details.current!.open = false;
    details.current!.querySelector('summary')!.focus();
  };
  return (
    <details class="models" ref={details} onKeyDown={keyDown}>
      <summary>
        <span class="label">Models: </span>
        {chosen.length === 0 ? 'No model' : chosen.join(', ')}
      </summary>
      <fieldset>
        <legend>Models to ask, up to {MOST_MODELS}</legend>
        {models.map((model) => {
          const checked = chosen.includes(model.id);
          const full = !checked && chosen.length >= MOST_MODELS;
          return (
            <div key={model.id} class={full ? 'choice full' : 'choice'}>
              <label>
                <input
                  type="checkbox"
                  checked={checked}
                  disabled={full}
                  aria-describedby={`model-${model.id}`}
                  onChange={() => toggle(model.id)}
                />
                {model.id}
              </label>
              <small id={`model-${model.id}`}>{describe(model)}</small>
            </div>
          );
        })}
      </fieldset>
    </details>
  );
}

function describe({ context, parameters, state }: ServedModel): string {
  const parts = [
    parameters === null ? '' : `${magnitude(parameters)} parameters`,
    context === null ? '' : `context of ${context.toLocaleString('en')}`,
    state === null || state === 'ready' ? '' : state,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function closeFromOutside(details: HTMLDetailsElement): () => void {
  const close = (event: Event) => {
    if (details.open && !details.contains(event.target as Node)) details.open = false;
  };
  document.addEventListener('pointerdown', close);
  document.addEventListener('focusin', close);
  return () => {
    document.removeEventListener('pointerdown', close);
    document.removeEventListener('focusin', close);
  };
}
