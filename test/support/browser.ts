import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

/** Where the machine's Chromium is; undefined where it has none. */
export function browserPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const files = folders.flatMap((folder) => ['chromium', 'google-chrome', 'chrome'].map((name) => join(folder, name)))
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * Starts a browser without a window, which looks for nothing in the internet.
 * @throws Error with what to install, where there is none
 */
export function startBrowser(): Promise<Browser> {
  const executablePath = browserPath()
  if (executablePath === undefined)
    throw new Error('There is no Chromium here: apt-get install chromium, for instance.')
  // Root has no sandbox; a page of our own making needs none.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync']
  return chromium.launch({
    executablePath,
    args: [...args, '--disable-background-networking', '--disable-component-update'],
  })
}
