// Written for sweep, in place of 360 kB that only summaries for TensorBoard use, which nobody here writes.
module.exports = {};
