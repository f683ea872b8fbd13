/** As much of a terminal as the live display uses: what is on the screen after what was written. */
export class Screen {
  lines: string[] = [''];
  private row = 0;
  private column = 0;
  cursorVisible = true;
  /** Everything that was written, as it was. */
  written = '';

  columns: number;
  rows: number;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** As terminals do it: a line that has become too long is wrapped, and the cursor stays where it was in the text. */
  narrow(columns: number): void {
    const wrapped = this.lines.map((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
    this.row = wrapped.slice(0, this.row).flat().length;
    this.lines = wrapped.flat();
    this.columns = columns;
  }

  write(text: string): boolean {
    this.written += text;
    for (const [part] of text.matchAll(/\u001B\[\??\d*[A-Za-z]|\r|\n|[^\r\n\u001B]/gu)) {
      const [, amount = '', command] = /^\u001B\[\??(\d*)([A-Za-z])$/.exec(part) ?? [];
      if (command === 'A') this.row = Math.max(this.top(), this.row - Number(amount || 1));
      else if (command === 'K') this.lines[this.row] = this.line().slice(0, this.column);
      else if (command === 'J') this.lines.splice(this.row, Infinity, this.line().slice(0, this.column));
      else if (command === 'h' || command === 'l') {
        if (amount === '25') this.cursorVisible = command === 'h';
      } else if (command === undefined) this.put(part);
    }
    return true;
  }

  /** What a person sees: without colours, and without what scrolled away. */
  get visible(): string[] {
    return this.lines.slice(this.top());
  }

  private top = () => Math.max(0, this.lines.length - this.rows);
  private line = () => this.lines[this.row] ?? '';

  private put(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\n') this.down();
    else {
      if (this.column === this.columns) this.down();
      this.lines[this.row] =
        this.line().slice(0, this.column).padEnd(this.column) + character + this.line().slice(this.column + 1);
      this.column++;
    }
  }

  private down(): void {
    this.row++;
    this.column = 0;
    if (this.row === this.lines.length) this.lines.push('');
  }
}
