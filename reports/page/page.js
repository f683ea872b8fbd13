/* Runs in report.html. Pictures and tables are there without it; it makes them answer to the pointer. Nothing is ever set as HTML. */
'use strict';
(() => {
  const element = (name, text) => {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const tip = element('div');
  tip.className = 'tip';
  tip.setAttribute('role', 'tooltip');
  tip.hidden = true;
  document.body.append(tip);

  /** Vega calls this with the values under the pointer, or with nothing. */
  function showTip(handler, event, item, value) {
    tip.hidden = value === null || value === undefined || value === '';
    if (tip.hidden) return;
    const table = element('table');
    const entries = typeof value === 'object' ? Object.entries(value) : [['', value]];
    for (const [name, text] of entries) {
      const row = element('tr');
      row.append(element('th', name), element('td', String(text)));
      table.append(row);
    }
    tip.replaceChildren(table);
    const at = event.touches && event.touches.length > 0 ? event.touches[0] : event;
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(at.clientX + 14, document.documentElement.clientWidth - width - 8);
    const top = at.clientY + 18 + height > window.innerHeight ? at.clientY - height - 12 : at.clientY + 18;
    tip.style.setProperty('transform', `translate(${Math.max(8, left)}px, ${Math.max(8, top)}px)`);
  }

  const figures = JSON.parse(document.getElementById('figures').textContent);
  const phone = window.matchMedia('(max-width: 719px)');

  /** Puts a live chart in place of the still one; if that fails, the still one stays. */
  async function draw(chart) {
    const { rows, wide, narrow } = figures[chart.dataset.figure];
    const spec = phone.matches ? narrow : wide;
    const data = spec.data.map((set) => (set.name === 'rows' ? { ...set, values: rows } : set));
    const place = chart.querySelector('.live');
    const view = new vega.View(vega.parse({ ...spec, data }, undefined, { ast: true }), {
      expr: vega.expressionInterpreter,
      renderer: 'svg',
      container: place,
      hover: true,
      logLevel: vega.Warn,
      tooltip: showTip,
    });
    await view.runAsync();
    chart.dataset.live = '';
    return view;
  }

  for (const chart of document.querySelectorAll('.chart')) {
    let drawn = draw(chart);
    phone.addEventListener('change', () => {
      drawn = drawn.then((view) => {
        view.finalize();
        chart.querySelector('.live').replaceChildren();
        return draw(chart);
      });
    });
  }

  /** Numbers by size, text by its letters, empty cells last. */
  function sortBy(table, column, direction) {
    const keyOf = (row) => {
      const cell = row.cells[column];
      return cell.dataset.sort === undefined ? cell.textContent : Number(cell.dataset.sort);
    };
    const compare = (a, b) =>
      typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, key: keyOf(row) }));
    rows.sort((a, b) => (a.key === '' ? 1 : 0) - (b.key === '' ? 1 : 0) || direction * compare(a.key, b.key));
    table.tBodies[0].append(...rows.map(({ row }) => row));
  }

  for (const table of document.querySelectorAll('table.sortable')) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = element('button', head.textContent);
      button.type = 'button';
      head.replaceChildren(button);
      button.addEventListener('click', () => {
        const direction = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
        for (const other of heads) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', direction === 1 ? 'ascending' : 'descending');
        sortBy(table, column, direction);
      });
    });
  }
})();
