/** How large a sweep may be. */

/** What a workflow's history, a report's table and a person's patience can hold. */
export const MOST_TRIALS = 1_000_000;
/** 1,000 repeats narrow an interval to 3 % of one repeat's spread. */
export const MOST_REPEATS = 1000;
export const MOST_STEPS = 100_000_000;
/** As many jobs at a time as a sweep file may ask for. */
export const MOST_CONCURRENT = 1024;
