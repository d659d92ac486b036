import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserPath, startBrowser } from '../support/browser.ts'
import { takePicture } from '../support/picture.ts'

const screens: BrowserContextOptions[] = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [1280, 360].map((width) => ({ colorScheme, viewport: { width, height: 900 } })),
)

/** @param text as getComputedStyle gives it */
function colour(text: string): [number, number, number] {
  const [red = 0, green = 0, blue = 0] = (text.match(/\d+/g) ?? []).map(Number)
  return [red, green, blue]
}
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

describe.skipIf(browserPath() === undefined)('the page of a run (npm run demo -- --report)', () => {
  let folder: string
  let browser: Browser
  let address: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keyturn-report-'))
    const file = join(folder, 'mysql.html')
    const demo = spawn(process.execPath, ['local/demo/main.ts', 'mysql', '--json', '--report', file], {
      stdio: 'ignore',
    })
    expect(await once(demo, 'exit')).toEqual([0, null])
    address = pathToFileURL(file).href
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function opened<T>(options: BrowserContextOptions, look: (page: Page, complaints: string[]) => Promise<T>) {
    const context = await browser.newContext(options)
    try {
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('request', (request) => request.url() !== address && complaints.push(request.url()))
      await page.goto(address)
      return await look(page, complaints)
    } finally {
      await context.close()
    }
  }

  describe.each(screens)('$colorScheme, $viewport.width pixels wide', (options) => {
    it('shows the refused logins of a single user in red, and the gap', async () => {
      await opened(options, async (page) => {
        const section = page.locator('#MysqlSingleUser')
        const marks = section.locator('.refused')
        expect(await marks.count()).toBeGreaterThan(0)
        const [red, green, blue] = colour(
          await page.evaluate<string>('getComputedStyle(document.querySelector(".refused")).stroke'),
        )
        expect(red).toBeGreaterThan(2 * Math.max(green, blue))
        expect(await section.locator('.gap').innerText()).toMatch(/^\d+ ms$/)
      })
    })

    it('shows no refused login of dual passwords, in two rotations', async () => {
      await opened(options, async (page) => {
        const section = page.locator('#MysqlDualPassword')
        expect(await section.locator('.panel').count()).toBe(2)
        expect(await section.locator('.used').count()).toBeGreaterThanOrEqual(8)
        expect(await section.locator('.refused').count()).toBe(0)
        expect(await section.locator('.gap').count()).toBe(0)
      })
    })

    it('fits the screen, needs no network, and can be read', async () => {
      await opened(options, async (page, complaints) => {
        const asked =
          '[document.documentElement.scrollWidth, innerWidth, getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]'
        const [wide, screen, text, ground] = await page.evaluate<[number, number, string, string]>(asked)
        const contrast = sum(colour(text)) - sum(colour(ground))
        expect(wide).toBeLessThanOrEqual(screen)
        expect(Math.sign(contrast)).toBe(options.colorScheme === 'dark' ? 1 : -1)
        expect(Math.abs(contrast)).toBeGreaterThan(450)
        expect(complaints).toEqual([])
      })
    })
  })

  it('has the four steps of each rotation in their order', async () => {
    await opened({}, async (page) => {
      const panels = await page
        .locator('.panel')
        .evaluateAll((all) => all.map((one) => [...one.querySelectorAll('.step')].map((step) => step.textContent)))
      expect(panels).toHaveLength(5)
      for (const steps of panels) expect(steps).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
    })
  })

  it('gives the picture of the README, which has two rotations and none of their numbers', async () => {
    const file = join(folder, 'picture.png')
    await takePicture(browser, address, file, 'light')
    const png = await readFile(file)
    // Width and height of a PNG (its specification, "IHDR").
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
    expect(width).toBe(1.5 * 860)
    expect(height).toBeGreaterThan(500)
    expect(height).toBeLessThan(1.5 * 800)
  })
})
