/**
 * report.html in a real browser: under its own Content-Security-Policy, with and without scripts, on a phone and in the
 * dark.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { NetworkSweep } from '../../core/spec.ts';
import { writeReport } from '../../reports/report.ts';
import { openStore } from '../../store/index.ts';
import { exampleSpec, writeExampleRun, type ExampleOptions } from '../support/example-run.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const hostile = '</script><img src=x onerror="window.hacked=1"><style>body{display:none}</style>';
const hostileSpec: NetworkSweep = {
  ...exampleSpec,
  description: hostile,
  repeats: 2,
  space: { 'task.mark': { choice: [hostile, '"b"'] }, 'task.length': { choice: [5, 15] } },
};

const textsSpec: NetworkSweep = {
  ...exampleSpec,
  task: { name: 'text', length: 20 },
  repeats: 1,
  space: {
    'training.optimizer': { choice: ['sgd', 'adam'] },
    'training.learningRate': { choice: [0.001, 0.01] },
    'model.cell': { choice: ['rnn', 'lstm'] },
  },
  sampling: { temperature: [0.5, 2], length: [30], prompts: [`${hostile} `], greedy: true },
};

/** Relative luminance and contrast of rgb(…) colours, as WCAG 2 defines them. */
function luminance(css: string): number {
  const [r = 0, g = 0, b = 0] = (css.match(/[\d.]+/g) ?? [])
    .map((c) => Number(c) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [bright = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (bright + 0.05) / (dark + 0.05);
}

describe('report.html', { skip: executablePath === undefined ? 'chromium is not installed' : false }, () => {
  let browser: Browser;
  let folder: string;
  let url: string;
  let hostileUrl: string;
  let textsUrl: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sweep-html-'));
    const store = openStore(folder);
    const write = async (spec: NetworkSweep, more: ExampleOptions = {}) => {
      const sweepId = await writeExampleRun(store, { spec, diverged: 1, failed: 2, ...more });
      await writeReport(store, sweepId);
      return pathToFileURL(join(folder, sweepId, 'report', 'report.html')).href;
    };
    [url, hostileUrl] = [await write({ ...exampleSpec, repeats: 2 }), await write(hostileSpec)];
    textsUrl = await write(textsSpec, {
      observe: ['samples', 'gradient-flow', 'gate', 'attention'],
      writes: true,
      diverged: -1,
      failed: -1,
    });
    browser = await chromium.launch({
      ...(executablePath && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });
  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  /**
   * Opens a report; `complaints` collects whatever a browser has against it, and every request but for the file itself.
   */
  async function open(
    address: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (request.url() !== address) complaints.push(`request: ${request.url()}`);
    });
    await page.goto(address);
    if (options.javaScriptEnabled !== false)
      await page.waitForFunction(
        "[...document.querySelectorAll('.chart')].every((chart) => chart.dataset.live === '')",
      );
    return { page, complaints };
  }

  /** Charts in use: pictures that take room on the page. */
  const visibleCharts = (page: Page) =>
    page.locator('.chart svg').evaluateAll((all) => all.filter((svg) => svg.getBoundingClientRect().width > 0).length);

  test('draws its charts under its own policy: no violation, no error, no request', async () => {
    const { page, complaints } = await open(url);
    assert.equal(await visibleCharts(page), 4);
    assert.deepEqual(complaints, []);
    const policy = (await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content')) ?? '';
    assert.match(policy, /^default-src 'none'; script-src( 'sha256-[^']+'){3}; style-src 'sha256-[^']+';/);
    assert.doesNotMatch(policy, /unsafe/);
    await page.close();
  });

  test('the policy is in force: neither text made code nor a foreign script gets through', async () => {
    const { page, complaints } = await open(url);
    await page.evaluate(`{
      setTimeout('window.evaluated = 1');
      const script = document.createElement('script');
      script.textContent = 'window.foreign = 1';
      document.body.append(script);
    }`);
    await page.evaluate('new Promise((resolve) => setTimeout(resolve))');
    assert.deepEqual(await page.evaluate("['evaluated' in window, 'foreign' in window]"), [false, false]);
    assert.equal(complaints.filter((line) => /Content Security Policy/i.test(line)).length, 2, complaints.join('\n'));
    await page.close();
  });

  test('a point tells its values under the pointer, and stops when it leaves', async () => {
    const { page, complaints } = await open(url);
    const point = page.locator('.chart[data-figure=accuracy-by-length] .live [aria-roledescription=point]').last();
    await point.hover();
    const tip = page.locator('.tip');
    await tip.waitFor({ state: 'visible' });
    assert.match(
      await tip.innerText(),
      /cell\s+lstm\s+length\s+35\s+mean accuracy\s+[01]\.\d{4}\s+interval from\s+\d\.\d{4}\s+to\s+\d\.\d{4}\s+repeats\s+2/,
    );
    await page.mouse.move(5, 5);
    await tip.waitFor({ state: 'hidden' });
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('a click in the legend fades the other lines', async () => {
    const { page, complaints } = await open(url);
    const chart = page.locator('.chart[data-figure=accuracy-by-length] .live');
    const opacities = () =>
      chart
        .locator('.mark-line path')
        .evaluateAll((paths) => paths.map((path) => Number(path.getAttribute('opacity') ?? 1)));
    assert.deepEqual(await opacities(), [1, 1]);
    await chart.locator('.role-legend-label text', { hasText: 'lstm' }).click();
    await page.waitForFunction(
      "document.querySelector('.chart[data-figure=accuracy-by-length] .live .mark-line path').getAttribute('opacity') !== '1'",
    );
    assert.deepEqual(await opacities(), [0.12, 1]);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('a table is sorted by a click on its heading: numbers by size, up and down, gaps last', async () => {
    const { page } = await open(url);
    const table = page.locator('table.sortable', { has: page.getByRole('button', { name: 'seconds' }) });
    const column = async () =>
      (await table.locator('tbody tr td:last-child').allInnerTexts()).map((text) => (text === '' ? NaN : Number(text)));
    const inOrder = (values: number[], sign: number) =>
      values.every((value, i) => i === 0 || Number.isNaN(value) || sign * (value - (values[i - 1] ?? NaN)) >= 0);
    await table.getByRole('button', { name: 'seconds' }).click();
    const up = await column();
    assert.ok(inOrder(up, 1) && Number.isNaN(up.at(-1)), up.join());
    await table.getByRole('button', { name: 'seconds' }).click();
    const down = await column();
    assert.ok(inOrder(down, -1) && Number.isNaN(down.at(-1)) && !Number.isNaN(down[0]), down.join());
    assert.equal(await table.locator('th[aria-sort]').getAttribute('aria-sort'), 'descending');
    await page.close();
  });

  test('without scripts the pictures and the tables are there', async () => {
    const { page } = await open(url, { javaScriptEnabled: false });
    assert.equal(await visibleCharts(page), 4);
    assert.equal(await page.locator('table.answer tbody tr').count(), 2);
    assert.equal(await page.locator('button').count(), 0);
    await page.close();
  });

  test('fits a phone: nothing is wider than the screen, letters are legible', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page } = await open(url, { viewport: { width: 390, height: 844 }, javaScriptEnabled });
      // Playwright evaluates in a page whether or not the page may run scripts.
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
      assert.equal(await visibleCharts(page), 4);
      const sizes = await page.evaluate<
        number[]
      >(`[...document.querySelectorAll('.chart text')].filter((text) => text.getBoundingClientRect().width > 0)
        .map((text) => parseFloat(text.getAttribute('font-size')) * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b))`);
      const smallest = Math.min(...sizes);
      assert.ok(smallest >= 10, `${smallest} px`);
      await page.close();
    }
  });

  test('turned to a narrow screen, the charts are drawn anew for it', async () => {
    const { page, complaints } = await open(url);
    const width = () =>
      page.locator('.chart[data-figure=loss-curves] .live svg').evaluate((svg) => svg.getBoundingClientRect().width);
    assert.ok((await width()) > 600);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForFunction(
      "document.querySelector('.chart[data-figure=loss-curves] .live svg')?.getBoundingClientRect().width < 390",
    );
    assert.equal(await visibleCharts(page), 4);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('in the dark the page is dark and every colour of a chart stands out from it', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(url, { colorScheme });
      const [ground = '', ...inks] = await page.evaluate<string[]>(`[
        getComputedStyle(document.body).backgroundColor,
        ...[...document.querySelectorAll('.live .mark-line path')].map((line) => getComputedStyle(line).stroke),
        ...[...document.querySelectorAll('.live .mark-text text')].map((text) => getComputedStyle(text).fill),
      ]`);
      assert.equal(ground, colorScheme === 'dark' ? 'rgb(18, 22, 28)' : 'rgb(255, 255, 255)');
      assert.ok(inks.length > 40);
      const faintest = Math.min(...inks.map((colour) => contrast(colour, ground)));
      assert.ok(faintest > 2.2, `${colorScheme}: ${faintest}`);
      await page.close();
    }
  });

  test('a spec that brings markup brings nothing but text', async () => {
    const { page, complaints } = await open(hostileUrl);
    assert.equal(await page.locator('.question').innerText(), hostile);
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.evaluate("'hacked' in window"), false);
    await page
      .locator(
        '.chart[data-figure=accuracy-by-length] .live [aria-roledescription=point][aria-label*=img][aria-label*="failed or"]',
      )
      .first()
      .hover();
    await page.locator('.tip').waitFor({ state: 'visible' });
    assert.ok((await page.locator('.tip').innerText()).includes('</script><img'));
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('every figure is drawn in the page as well, in the dark and on a phone, and nothing complains', async () => {
    for (const options of [{}, { colorScheme: 'dark' as const, viewport: { width: 390, height: 844 } }]) {
      const { page, complaints } = await open(textsUrl, options);
      const names = await page
        .locator('.chart')
        .evaluateAll((all) => all.map((chart) => chart.getAttribute('data-figure')));
      assert.deepEqual(names, [
        'accuracy-curves',
        'loss-curves',
        'heatmap',
        'parallel-coordinates',
        'attention',
        'gradient-flow',
        'gate',
        'timeline',
      ]);
      assert.equal(await visibleCharts(page), names.length);
      assert.deepEqual(complaints, []);
      assert.ok(
        (await page.evaluate<number>('document.documentElement.scrollWidth')) <= (options.viewport?.width ?? 1280),
      );
      await page.close();
    }
  });

  test('what networks wrote is readable on a phone, with the name of every number beside it', async () => {
    const { page } = await open(textsUrl, { viewport: { width: 390, height: 844 } });
    assert.equal(await page.evaluate("'hacked' in window"), false);
    const card = page.locator('section', { hasText: 'What the trained networks write' }).locator('tbody tr').first();
    const [text, whole] = [await card.locator('td.written').boundingBox(), await card.boundingBox()];
    assert.ok(
      text !== null && whole !== null && text.width > 300 && text.x >= 0 && text.x + text.width <= 390,
      JSON.stringify(text),
    );
    assert.ok((await card.locator('td.written').innerText()).startsWith('</script><img src=x'));
    const named = await card
      .locator('td')
      .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-column')));
    assert.deepEqual(named, ['configuration', 'temperature', 'text', 'distinct2', 'known words']);
    await page.close();
  });
});
