import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PackedPackage } from '../packaging/support/installation.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const looks = [
  { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { colorScheme: 'light', viewport: { width: 360, height: 740 } },
  { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const

describe('npx stagedoor fake from a packed install', () => {
  let packed: PackedPackage
  let browser: Browser
  let child: ChildProcess
  let application: Server
  let spotify: string
  let callback: string

  beforeAll(async () => {
    packed = new PackedPackage()
    const command = join(packed.consumer, 'node_modules/.bin/stagedoor')
    child = spawn(command, ['fake', '--port', '0'], { cwd: packed.consumer, stdio: ['ignore', 'pipe', 'inherit'] })
    const [text] = (await once(child.stdout!, 'data')) as [Buffer]
    spotify = /http:\/\/127\.0\.0\.1:\d+/.exec(text.toString())?.[0] ?? ''
    application = createServer((request, response) => response.end(`came back to ${request.url}`))
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
    callback = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`
    const executablePath = execFileSync('sh', ['-c', 'command -v chromium']).toString().trim()
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    child?.kill()
    application?.close()
    packed?.remove()
  })

  function authorizationUrl(changes: Readonly<Record<string, string>> = {}): string {
    const query = {
      client_id: 'my-app',
      response_type: 'code',
      redirect_uri: callback,
      scope: 'user-library-read',
      state: 'xyz',
    }
    return `${spotify}/authorize?${new URLSearchParams({ ...query, ...changes })}`
  }

  async function visit<T>(
    url: string,
    act: (page: Page) => Promise<T>,
    look: (typeof looks)[number] = looks[0],
  ): Promise<T> {
    const context = await browser.newContext({ ...look, bypassCSP: true })
    try {
      const page = await context.newPage()
      await page.goto(url)
      return await act(page)
    } finally {
      await context.close()
    }
  }

  it('signs a user in, remembers them, and lets them refuse', async () => {
    await visit(authorizationUrl(), async (page) => {
      await page.getByRole('radio', { name: /Ben Harrow/ }).check()
      await page.getByRole('button', { name: 'Agree' }).click()
      await page.waitForURL(`${callback}?**`)
      const back = new URL(page.url())
      expect(back.searchParams.get('state')).toBe('xyz')
      expect(back.searchParams.get('code')).toMatch(/^AQ/)
      await page.goto(authorizationUrl())
      expect(page.url()).toContain(`${callback}?code=`)
      await page.goto(authorizationUrl({ show_dialog: 'true' }))
      expect(await page.getByRole('radio', { name: /Ben Harrow/ }).isChecked()).toBe(true)
      await page.getByRole('button', { name: 'Cancel' }).click()
      await page.waitForURL(`${callback}?error=access_denied&state=xyz`)
    })
  })

  it('shows the error of an application instead of redirecting to it', async () => {
    await visit(authorizationUrl({ redirect_uri: 'http://localhost/callback' }), async (page) => {
      expect(await page.getByRole('alert').textContent()).toBe('INVALID_CLIENT: Insecure redirect URI')
    })
  })

  it('has buttons on its control page that work', async () => {
    await visit(spotify, async (page) => {
      await page.getByRole('button', { name: '429, Retry-After 5 s' }).click()
      expect(await page.getByText('"status":429').count()).toBe(1)
      await page
        .getByRole('row', { name: /Dana Okonjo/ })
        .getByRole('button', { name: 'Add to the allowlist' })
        .click()
      const state = (await (await fetch(`${spotify}/_fake/state`)).json()) as {
        users: { id: string; allowlisted: boolean }[]
      }
      expect(state.users.find(({ id }) => id === 'dana')?.allowlisted).toBe(true)
      await page.getByRole('button', { name: 'Reset' }).click()
      expect(await page.getByText('"status":429').count()).toBe(0)
    })
  })

  it('has accessible pages, light and dark, on large and small screens', async () => {
    for (const look of looks) {
      for (const url of [authorizationUrl(), authorizationUrl({ redirect_uri: 'nonsense' }), spotify]) {
        const found = await visit(
          url,
          async (page) => {
            await page.addScriptTag({ content: axe })
            return page.evaluate(async () => {
              const { violations } = await (
                globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } }
              ).axe.run()
              const wide = document.documentElement.scrollWidth > innerWidth
              return [...violations.map(({ id }) => id), ...(wide ? ['wider than the screen'] : [])]
            })
          },
          look,
        )
        expect(found, `${url} ${look.colorScheme} ${look.viewport.width}`).toEqual([])
      }
    }
  })
})
