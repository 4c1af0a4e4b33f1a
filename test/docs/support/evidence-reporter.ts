import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Reporter, TestModule, TestSuite, Vitest } from 'vitest/node'
import { unreachableServices } from '../../support/services.ts'
import { evidenceIn, type TestState, unproven } from './evidence.ts'

/**
 * Checks the evidence that documents name against the results of the run, and fails the run if a piece of it was absent,
 * skipped or failed. With `CI=true` no test of the run may be skipped. A run of some files is checked for those; a run
 * with `-t` is not checked.
 */
export class EvidenceReporter implements Reporter {
  readonly #documents: readonly string[]
  #vitest: Vitest | undefined

  constructor(documents: readonly string[]) {
    this.#documents = documents
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  async onTestRunEnd(modules: readonly TestModule[], _: unknown, reason: string): Promise<void> {
    const vitest = this.#vitest
    if (vitest === undefined || reason === 'interrupted' || vitest.config.testNamePattern !== undefined) return
    const { root } = vitest.config
    const ci = process.env.CI === 'true'
    const results = new Map(
      modules.map((module) => [relative(root, module.moduleId).replaceAll('\\', '/'), titles(module)]),
    )
    const evidence = this.#documents.flatMap((name) => evidenceIn(name, readFileSync(join(root, name), 'utf8')))
    const missing = ci ? [] : await unreachableServices()
    const excused = (file: string): boolean => {
      const text = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : ''
      return missing.some((service) => text.includes(`available('${service}')`))
    }
    const full = modules.length >= (await vitest.globTestSpecifications()).length
    const { problems, notes } = unproven(evidence, results, { full, excused })
    if (ci) problems.push(...modules.flatMap(skipped).map((test) => `skipped with CI=true: ${test}`))
    for (const note of notes) vitest.logger.log(`not shown: ${note}`)
    for (const problem of problems) vitest.logger.error(`not proved: ${problem}`)
    if (problems.length > 0 && !vitest.config.watch) process.exitCode = 1
  }
}

/** The states of the tests below each title of a file. */
function titles(module: TestModule): Map<string, TestState[]> {
  const found = new Map<string, TestState[]>()
  const add = (name: string, state: TestState): unknown => found.set(name, [...(found.get(name) ?? []), state])
  for (const test of module.children.allTests()) {
    const { state } = test.result()
    add(test.name, state)
    let parent: TestSuite | TestModule = test.parent
    for (; parent.type === 'suite'; parent = parent.parent) add(parent.name, state)
  }
  return found
}

function skipped(module: TestModule): string[] {
  return [...module.children.allTests('skipped')].map(({ fullName }) => `${module.relativeModuleId} > ${fullName}`)
}
