/** The device that tests of models run on: `AHA_TEST_DEVICE=cuda` runs the conformance suite on a GPU. */
export const testDevice = process.env.AHA_TEST_DEVICE ?? 'cpu';
