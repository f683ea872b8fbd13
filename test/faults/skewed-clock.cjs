// Preloaded into a worker: its clock is SKEW_MS milliseconds wrong.
const skew = Number(process.env.SKEW_MS ?? 0);
const { now } = Date;
const RealDate = Date;
globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [now() + skew] : given));
  }
  static now() {
    return now() + skew;
  }
};
