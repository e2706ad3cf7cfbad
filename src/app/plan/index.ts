/** @file The plan of a recipe on many GPUs. It loads libtorch, to count the parameters of models. */

export { planRecipe } from './plan-recipe.ts';
export { type PlanOptions, planHours, planTables } from './plan-table.ts';
