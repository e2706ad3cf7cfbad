/**
 * @file The checkpoints' responses to the same prompts, side by side.
 *
 * The prompts are the first that all checkpoints were asked, not picked by outcome.
 */
import { type Graded, isRight, type StageSamples } from '../../../evaluation/statistics/index.ts';
import { readResponse } from '../../../text/index.ts';
import { html, type Markup } from './markup.ts';

const PROBLEMS = 3;

/** One checkpoint's response to each prompt, by `promptId`. */
interface Responses {
  readonly name: string;
  readonly byId: ReadonlyMap<string, Graded>;
}

/** The first reasoning problems. Greedy responses, or the first sample where nothing was decoded greedily. */
export function problemTraces(stages: readonly StageSamples[]): Markup[] {
  const useGreedy = stages.every(({ greedy }) => greedy.length > 0);
  return traces(
    stages.map(({ name, greedy, sampled }) => ({
      name,
      byId: firstById(useGreedy ? greedy : sampled.map((problem) => problem[0]!)),
    })),
    (shared) => shared.slice(0, PROBLEMS),
  );
}

/** The first general prompt of each kind, first samples. */
export function generalTraces(stages: readonly StageSamples[]): Markup[] {
  const asked = stages.filter(({ general = [] }) => general.length > 0);
  return traces(
    asked.map(({ name, general = [] }) => ({ name, byId: firstById(general.map((prompt) => prompt[0]!)) })),
    (shared) => shared.filter(({ kind }, i) => shared.findIndex((other) => other.kind === kind) === i),
  );
}

function firstById(responses: readonly Graded[]): Map<string, Graded> {
  return new Map(responses.toReversed().map((response) => [response.promptId, response]));
}

function traces(
  stages: readonly Responses[],
  pick: (shared: readonly Graded[]) => readonly Graded[],
): Markup[] {
  // In the order in which they were asked: the map was filled from the last to the first.
  const first = [...(stages[0]?.byId.values() ?? [])].toReversed();
  const shared = first.filter(({ promptId }) => stages.every(({ byId }) => byId.has(promptId)));
  return pick(shared).map((prompt) => {
    const heading = prompt.question ?? prompt.promptId;
    const cards = stages.map(({ name, byId }) => card(name, byId.get(prompt.promptId)!));
    return html`<h3>${prompt.kind === undefined ? null : html`<small>${prompt.kind}</small> `}${heading}</h3>
${prompt.reference ? html`<p>Reference answer: <code>${prompt.reference}</code></p>` : null}
<div class="wide traces" role="region" aria-label="${heading}" tabindex="0">
${cards}</div>
`;
  });
}

function card(name: string, response: Graded): Markup {
  const { thought, said, closed } = readResponse(response.text, { opened: response.opened === true });
  const summary = `${closed ? 'thought' : 'thought, not closed'} (${[...(thought ?? '')].length} characters)`;
  return html`<article>
<h4>${name}</h4>
<p>${mark(response)} · ${response.length} tokens${response.finish === 'length' ? ', cut by the limit' : ''}</p>
${thought === null ? null : html`<details open><summary>${summary}</summary><pre>${thought}</pre></details>`}
<pre class="answer">${said?.trim() ?? '(no answer)'}</pre>
</article>
`;
}

/** Told by words, not by colour alone. */
function mark(response: Graded): Markup {
  if (isRight(response)) return html`<span class="good">✓ right</span>`;
  if (response.correct === null) return html`<span>? not scored</span>`;
  if (response.correct > 0) return html`<span class="bad">✗ in part (${response.correct.toFixed(2)})</span>`;
  return html`<span class="bad">✗ wrong</span>`;
}
