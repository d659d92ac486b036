import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { startBrowser } from './browser.ts'

/** The rotations that the README shows: the first of each. */
const shown = ['MysqlSingleUser', 'MysqlDualPassword']

/**
 * Makes a picture of the README out of the page of a run.
 * @param address of the page, which `npm run demo -- mysql --report` has written
 * @param file which is written, as PNG
 */
export async function takePicture(
  browser: Browser,
  address: string,
  file: string,
  colorScheme: 'light' | 'dark',
): Promise<void> {
  const context = await browser.newContext({
    colorScheme,
    viewport: { width: 860, height: 900 },
    deviceScaleFactor: 1.5,
  })
  try {
    const page = await context.newPage()
    await page.goto(address)
    const others = shown.map((id) => `:not(#${id})`).join('')
    await page.addStyleTag({
      content: `h1, body > p, dl, section${others}, .panel ~ .panel { display: none } h2 { margin-top: .5rem } body { padding-bottom: .5rem }`,
    })
    await page.locator('body').screenshot({ path: file })
  } finally {
    await context.close()
  }
}

if (import.meta.main) {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-picture-'))
  const browser = await startBrowser()
  try {
    const report = join(folder, 'mysql.html')
    const demo = spawn(process.execPath, ['local/demo/main.ts', 'mysql', '--report', report], { stdio: 'inherit' })
    const [code] = await once(demo, 'exit')
    if (code !== 0) throw new Error(`the demo ended with exit code ${code}`)
    for (const scheme of ['light', 'dark'] as const) {
      const file = `docs/rotation-${scheme}.png`
      await takePicture(browser, pathToFileURL(report).href, file, scheme)
      process.stdout.write(`wrote ${file}\n`)
    }
  } finally {
    await browser.close()
    await rm(folder, { recursive: true, force: true })
  }
}
