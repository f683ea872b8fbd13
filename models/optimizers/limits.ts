/** What 32-bit floats set a limit to. */

/** Less is 0 there, and 0/0 no number: every weight whose gradient is 0 would end the training. */
export const LEAST_EPSILON = 1e-37;
/** More is 1 there: a mean that takes nothing in, which its bias correction divides by 0. */
export const MOST_BETA = 0.9999999;
