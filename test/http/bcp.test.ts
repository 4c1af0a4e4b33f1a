import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { numberedRows, testsOf } from '../docs/support/evidence.ts'
import { hosts } from './support/hosts.ts'
import { Browser, createWorld } from './support/world.ts'

const root = new URL('../../', import.meta.url)
const text = readFileSync(new URL('docs/security/oauth-bcp.md', root), 'utf8')
const rows = numberedRows(text).map(([section = '', rule = '', how = '', evidence = '']) => ({
  section,
  rule,
  how,
  evidence,
}))

describe('the checklist of RFC 9700', () => {
  test('covers the sections that concern a client', () => {
    const sections = new Set(rows.map(({ section }) => section))
    const sectionsOfRecommendations = ['2.1', '2.1.1', '2.1.2', '2.2.1', '2.2.2', '2.3', '2.4', '2.5', '2.6']
    const attacks = Array.from({ length: 17 }, (_, index) => `4.${index + 1}`)
    expect([...sections].toSorted()).toEqual([...sectionsOfRecommendations, ...attacks].toSorted())
  })

  test.each(rows)('$section: $rule', ({ how, evidence }) => {
    const tests = testsOf(evidence)
    if (evidence === 'not applicable') return expect(how).toMatch(/^Theirs: /)
    expect(tests.length).toBeGreaterThan(0)
    for (const { file } of tests) expect(existsSync(new URL(file, root)), file).toBe(true)
  })

  test('names tests by file', () => {
    expect(testsOf('`x.ts`: "a", "b"; `y.ts`: "c"')).toEqual([
      { file: 'x.ts', name: 'a' },
      { file: 'x.ts', name: 'b' },
      { file: 'y.ts', name: 'c' },
    ])
  })
})

test('an access token is sent to the API’s origin alone, in a header', async () => {
  const requests: Request[] = []
  const world = createWorld({ seen: (request) => requests.push(request) })
  const alice = new Browser(await hosts[0]!.start(world.source), 'alice')
  await alice.open(await alice.consent(world.fake))
  world.fake.clock.advance(3_600_000)
  await world.connections.health('alice', { probe: true })
  const access = world.fake.tokens.filter(({ kind }) => kind === 'access').map(({ value }) => value)
  expect(access).toHaveLength(2)
  const bearers = requests.filter(({ headers }) => headers.get('authorization')?.startsWith('Bearer '))
  expect(bearers.map(({ url }) => new URL(url).origin)).toEqual(bearers.map(() => 'https://api.spotify.com'))
  expect(bearers.length).toBeGreaterThanOrEqual(2)
  for (const request of requests) {
    const body = await request.text()
    for (const token of access) expect(request.url + body).not.toContain(token)
  }
})
