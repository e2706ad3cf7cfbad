/**
 * The directions of imports:
 *
 *   cli → recipes → stages, serve → {data rollout reward advantage loss update eval} → models → nn → tensor → the addon
 *
 * The six folders of the training loop never import one another; they meet in a stage, through src/records.ts. What
 * only moves data and text (data, advantage, text, run, records) touches no tensors. Below the loop lies what it asks:
 * generated tasks, verifiers of answers, sandboxes for code, clients of remote models. Tests may import anything.
 */
const LOOP = 'data|rollout|reward|advantage|loss|update';

/** Each layer may import those below it, never one above. */
const LAYERS = ['cli', 'recipes|chat', 'stages|serve', `${LOOP}|eval`, 'models', 'nn', 'tensor'];

const upward = LAYERS.slice(1).map((layer, i) => ({
  name: `${layer.split('|')[0]}-imports-no-higher-layer`,
  comment: `src/(${layer}) lies below src/(${LAYERS.slice(0, i + 1).join('|')}).`,
  severity: 'error',
  from: { path: `^src/(${layer})/` },
  to: { path: `^src/(${LAYERS.slice(0, i + 1).join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'loop-folders-stand-alone',
      comment: 'The folders of the training loop meet in a stage, through src/records.ts.',
      severity: 'error',
      from: { path: `^src/(${LOOP})/` },
      to: { path: `^src/(${LOOP})/`, pathNot: '^src/$1/' },
    },
    {
      name: 'serving-is-not-training',
      comment:
        'A server needs the sampler and the models, no stage; a stage asks servers through src/remote.',
      severity: 'error',
      from: { path: '^src/(stages|serve)/' },
      to: { path: '^src/(stages|serve)/', pathNot: '^src/$1/' },
    },
    {
      name: 'the-server-holds-no-model',
      comment:
        'HTTP never waits for a model: what touches one runs in a process of its own (serve/process/child.ts).',
      severity: 'error',
      from: {
        path: '^src/(serve/(http|access|observe|constraint)|chat)/|^src/serving/[^/]*\\.ts$|^src/serving/process/(index|model-process|event-stream)\\.ts$',
      },
      to: {
        path: '^src/(tensor|nn|models|rollout)/|^src/serving/(engine|generation)/|^src/serving/process/(load|child)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-tensors-here',
      comment: 'Data, text and run directories work without libtorch.',
      severity: 'error',
      from: {
        path: '^src/(data|advantage|text|run|tasks|verify|sandbox|remote|judge)/|^src/(records|errors|random)\\.ts$',
      },
      to: { path: '^src/(tensor|nn|models)/' },
    },
    {
      name: 'ground-imports-nothing-above',
      comment:
        'text, run, tasks, verifiers, sandboxes and the files of src/ itself are used by every layer; a stage’s interface is a type.',
      severity: 'error',
      from: {
        path: '^src/(text|run|tasks|verify|sandbox|remote|judge)/|^src/(records|errors|random)\\.ts$',
      },
      to: { path: `^src/(${LAYERS.slice(0, 4).join('|')})/`, pathNot: '^src/stages/stage\\.ts$' },
    },
    {
      name: 'one-door-to-the-addon',
      comment: 'The binary boundary is src/torch/native.ts; only src/torch passes it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/torch/' },
      to: { path: '^src/tensor/native\\.ts$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared-dependencies',
      comment:
        'What dist/ imports is a dependency in package.json, not a devDependency or a package of a package.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    // Type imports are imports: a layer's types are part of it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(\\.test|/testing)\\.ts$' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
