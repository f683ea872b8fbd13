/** What a program says, as it comes: in its metrics file, and on its output where patterns read that. */
import type { Course, Said } from './course.ts';
import type { Group } from './group.ts';
import { wholeLines } from './lines.ts';
import type { Output } from './output.ts';
import { tailOf } from './tail.ts';

const MOST_LINE = 64 * 1024;

export class Streams {
  /** When it last said something. */
  heardAt = performance.now();
  private readonly course: Course;
  private readonly tail: () => Promise<Buffer[]>;
  private readonly lines = wholeLines(MOST_LINE);
  /** What printed lines came to, since the last news. */
  private readonly said: Said[] = [];

  constructor(course: Course, metricsFile: string) {
    this.course = course;
    this.tail = tailOf(metricsFile);
  }

  /**
   * Takes what the program prints, for as long as it does: it is never kept waiting. Resolves once both streams end.
   * `reads`: patterns read its lines.
   */
  async listen({ stdout, stderr }: Group, output: Output, reads: boolean): Promise<void> {
    const lines = wholeLines(MOST_LINE);
    const read = (all: readonly Buffer[]) => {
      for (const line of all) this.said.push(...this.course.printed(line.toString('utf8')));
    };
    for (const stream of [stdout, stderr])
      stream.on('data', (chunk: Buffer) => {
        output.add(chunk);
        if (reads && stream === stdout) read(lines.add(chunk));
        this.heard();
      });
    await Promise.all([stdout, stderr].map((stream) => new Promise((resolve) => stream.once('close', resolve))));
    if (reads) read(lines.rest());
  }

  /** What it has said since. `all`: it says no more. */
  async *news(all: boolean): AsyncGenerator<Said> {
    for (let chunks = await this.tail(); chunks.length > 0; chunks = await this.tail()) {
      this.heard();
      for (const chunk of chunks) for (const line of this.lines.add(chunk)) yield* this.course.line(line);
    }
    if (all) for (const line of this.lines.rest()) yield* this.course.line(line);
    yield* this.said.splice(0);
    if (all) yield* this.course.end();
  }

  /** And no more than that: what prints gigabytes would keep us from all else. */
  private heard(): void {
    this.heardAt = performance.now();
  }
}
