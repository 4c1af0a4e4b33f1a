import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningDemo, root, startDemo } from '../support/demo.ts'

const out = join(root, 'test/e2e/out')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const phone = { width: 390, height: 844 }
const desktop = { width: 1280, height: 900 }

let browser: Browser
let folder: string
let demo: RunningDemo

beforeAll(async () => {
  mkdirSync(out, { recursive: true })
  folder = mkdtempSync(join(tmpdir(), 'stagedoor-demo-'))
  const executablePath = execFileSync('sh', ['-c', 'command -v chromium']).toString().trim()
  const args =
    '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
  browser = await chromium.launch({ executablePath, args: args.split(' ') })
  demo = await startDemo({ DEMO_DATA: folder })
})
afterAll(async () => {
  await browser?.close()
  await demo?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function visitor(
  options: { dark?: boolean; size?: typeof phone } = {},
): Promise<{ context: BrowserContext; page: Page; problems: string[] }> {
  const context = await browser.newContext({
    viewport: options.size ?? desktop,
    colorScheme: options.dark ? 'dark' : 'light',
  })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  return { context, page, problems }
}

async function connect(page: Page): Promise<void> {
  await page.goto(demo.url)
  await page.getByRole('link', { name: 'Connect Spotify' }).click()
  await page.getByRole('button', { name: 'Agree' }).click()
  await page.getByText('Connected as').waitFor()
}

/** The rules of axe-core that the page breaks, with the elements that break them. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
  })
}

describe('the demo in a browser', () => {
  it('connects an account and shows what it is good for', async () => {
    const { context, page, problems } = await visitor()
    await page.goto(demo.url)
    await page.screenshot({ path: join(out, 'start-desktop.png') })
    expect(await violations(page)).toEqual([])
    await page.getByRole('link', { name: 'Connect Spotify' }).click()
    await page.getByRole('button', { name: 'Agree' }).waitFor()
    await page.screenshot({ path: join(out, 'consent-desktop.png'), fullPage: true })
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Agree' }).click()
    await page.getByText('Connected as').waitFor()
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/')
    const text = await page.locator('main').textContent()
    for (const expected of [
      'Healthy',
      'Spotify answers',
      'Access token ends',
      'Reconnect by',
      'user-library-read',
      'First saved tracks',
      'Playlists',
      'Disconnect',
    ]) {
      expect(text).toContain(expected)
    }
    expect(await page.locator('ol').first().locator('li').count()).toBeGreaterThan(3)
    expect(await violations(page)).toEqual([])
    await page.screenshot({ path: join(out, 'connected-desktop.png'), fullPage: true })
    await page.setViewportSize(phone)
    await page.screenshot({ path: join(out, 'connected-phone.png'), fullPage: true })
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
    expect(problems).toEqual([])
    await context.close()
  })

  it('keeps the connection over a restart, and no token in its files', async () => {
    const { context, page } = await visitor()
    await connect(page)
    const account = await page.locator('.account').textContent()
    await demo.stop()
    demo = await startDemo({ DEMO_DATA: folder, PORT: new URL(demo.url).port })
    await page.goto(demo.url)
    expect(await page.locator('.account').textContent()).toBe(account)
    expect(await page.locator('ol').first().locator('li').count()).toBeGreaterThan(3)
    // The stand-in's tokens have the form of Spotify's: AQ… or BQ… and over a hundred characters.
    const token = /[AB]Q[\w-]{100,}/
    expect(token.test(`AQ${'x'.repeat(129)}`)).toBe(true)
    for (const name of readdirSync(folder)) {
      const content = readFileSync(join(folder, name), 'latin1')
      const sealed = content.replaceAll(/"(encryptedData|encryptedKey|nonce|dataKeyId)":"[\w-]+"/g, '')
      expect({ name, found: token.test(sealed) }).toEqual({ name, found: false })
    }
    await context.close()
  })

  it('says so when a person does not consent, and stores nothing', async () => {
    const { context, page } = await visitor()
    await page.goto(demo.url)
    await page.getByRole('button', { name: 'Ben' }).click()
    await page.getByRole('link', { name: 'Connect Spotify' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').textContent()).toContain('LOGIN_DENIED')
    expect(await page.getByRole('link', { name: 'Connect Spotify' }).count()).toBe(1)
    expect(await violations(page)).toEqual([])
    await context.close()
  })

  it('disconnects, in the dark and by keyboard alone', async () => {
    const { context, page } = await visitor({ dark: true, size: phone })
    await page.goto(demo.url)
    await page.getByText('Connected as').waitFor()
    await page.screenshot({ path: join(out, 'connected-phone-dark.png'), fullPage: true })
    expect(await violations(page)).toEqual([])
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab')
      if ((await page.evaluate(() => document.activeElement?.textContent)) === 'Disconnect') break
    }
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Disconnect')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Connect Spotify' }).waitFor()
    await context.close()
  })
})
