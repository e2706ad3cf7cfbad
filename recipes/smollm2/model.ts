/** The checkpoint of the recipes in this folder: that of the hub, or what the environment variable SMOLLM2 names. */
export const MODEL = process.env.SMOLLM2 ?? 'hf:HuggingFaceTB/SmolLM2-135M-Instruct';
