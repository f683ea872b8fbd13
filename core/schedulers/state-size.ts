/** A workflow's input and its state at continue-as-new are one payload, of which Temporal takes 2 MiB; the spec is in it too. */
const STATE_BYTES = 1.25 * 2 ** 20;

/** How many configurations a state may hold that needs this many bytes of JSON for each. */
export const mostWithin = (bytesEach: number): number => Math.floor(STATE_BYTES / bytesEach);
