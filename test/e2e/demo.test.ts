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

/** Sends a request to the JSON control API of the stand-in. */
async function control(page: Page, action: string, body: object): Promise<void> {
  const controls = await page.getByRole('link', { name: 'Controls of the stand-in' }).getAttribute('href')
  const response = await fetch(new URL(`/_fake/${action}`, controls!), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.ok).toBe(true)
}

/** Focuses the element `name` with the Tab key only and presses Enter. */
async function pressOn(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab')
    if ((await page.evaluate(() => document.activeElement?.textContent)) !== name) continue
    return await page.keyboard.press('Enter')
  }
  throw new Error(`${name} is out of the keyboard's reach`)
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
      'Spotify responds',
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
    await page.goto(demo.url)
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
      // The rest is what processes share, in base64url: the wrapped data key that seals, as JSON.
      const sealed = content
        .replaceAll(/"(encryptedData|encryptedKey|nonce|dataKeyId)":"[\w-]+"/g, '')
        .replaceAll(/eyJ[\w-]+/g, '')
      expect({ name, found: token.test(sealed) }).toEqual({ name, found: false })
    }
    await context.close()
  })

  it('exports a library through a rate limit, with the bar moving, and shows why it waits', async () => {
    const { context, page } = await visitor()
    await page.goto(demo.url)
    await control(page, 'faults', { path: '/v1/me/tracks', status: 429, retryAfter: 2, after: 4 })
    await page.getByRole('button', { name: 'Start export' }).click()
    await page.getByText('Spotify asked us to slow down. Going on at').waitFor()
    const whilePaused = await page.locator('progress').evaluate((bar: HTMLProgressElement) => bar.position)
    expect(whilePaused).toBeGreaterThan(0)
    expect(whilePaused).toBeLessThan(1)
    await page.screenshot({ path: join(out, 'export-desktop.png'), fullPage: true })
    expect(await violations(page)).toEqual([])
    await page.getByText('All 1234 tracks are here.').waitFor()
    expect(await page.locator('progress').evaluate((bar: HTMLProgressElement) => bar.position)).toBe(1)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download the list' }).click(),
    ])
    const lines = readFileSync(await download.path(), 'utf8').split('\r\n')
    expect(lines).toHaveLength(1235)
    await context.close()
  })

  it('shows two users side by side, each with an account of their own', async () => {
    const { context, page } = await visitor()
    await page.goto(demo.url)
    await page.getByRole('button', { name: 'Ben' }).click()
    await page.getByRole('link', { name: 'Connect Spotify' }).click()
    await page.getByLabel('Ben Harrow').check()
    await page.getByRole('button', { name: 'Agree' }).click()
    await page.getByText('Connected as').waitFor()
    await page.getByRole('link', { name: 'Side by side' }).click()
    const cards = page.locator('.pair .card')
    expect(await cards.nth(0).textContent()).toContain('Ada Quist')
    expect(await cards.nth(1).textContent()).toContain('Ben Harrow')
    const tracks = await cards.locator('ol').allTextContents()
    expect(tracks[0]).not.toBe(tracks[2])
    expect(await violations(page)).toEqual([])
    await page.screenshot({ path: join(out, 'both-desktop.png'), fullPage: true })
    await page.goto(demo.url)
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByRole('link', { name: 'Connect Spotify' }).waitFor()
    await context.close()
  })

  it('shows states as they change: quota, outage, a revoked grant, and reconnecting', async () => {
    const { context, page } = await visitor()
    await page.goto(demo.url)
    const live = page.locator('[data-live="yes"]')
    const other = await context.newPage()
    await control(page, 'faults', { path: '/v1/me', status: 429, reason: 'QUOTA_EXCEEDED', retryAfter: 4 })
    await other.goto(demo.url)
    const checked = other.getByRole('button', { name: 'Check now' }).click()
    await live.getByText('The daily quota is used up').waitFor()
    await live.getByText('Spotify responds.').waitFor()
    await checked

    await control(page, 'revoke', { user: 'ada', accessTokens: true })
    await other.getByRole('button', { name: 'Check now' }).click()
    await live.getByText('Reconnect needed').waitFor()
    await page.reload()
    await page.screenshot({ path: join(out, 'reconnect-desktop.png'), fullPage: true })
    expect(await violations(page)).toEqual([])
    await page.getByRole('link', { name: 'Reconnect' }).click()
    await page.getByRole('button', { name: 'Agree' }).click()
    await live.getByText('Healthy').waitFor()

    await control(page, 'faults', { path: '/v1/*', status: 503, times: 20 })
    for (let calls = 0; calls < 3; calls++) await other.goto(demo.url)
    await live.getByText('Spotify does not respond').waitFor()
    await control(page, 'faults/clear', {})
    await context.close()
  })

  it('shows that the user refused, and stores nothing', async () => {
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
    await pressOn(page, 'Disconnect')
    await page.getByRole('link', { name: 'Connect Spotify' }).waitFor()
    await context.close()
  })

  it('connects again by keyboard alone', async () => {
    const { context, page } = await visitor()
    await page.goto(demo.url)
    await pressOn(page, 'Connect Spotify')
    await page.getByRole('button', { name: 'Agree' }).waitFor()
    await pressOn(page, 'Agree')
    await page.getByText('Connected as').waitFor()
    await context.close()
  })
})
