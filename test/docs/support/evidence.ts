/** A test, or a group of tests, that a document names as the proof of a promise. */
export interface Evidence {
  readonly document: string
  readonly promise: string
  readonly file: string
  /** Title of a test or a group, as the run reports it. */
  readonly name: string
}

export type TestState = 'passed' | 'failed' | 'skipped' | 'pending'

/** By file, then by the title of a test or group: the states of the tests in it. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, readonly TestState[]>>

/** The cells of the rows of a document's tables that begin with a number. */
export function numberedRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => /^\| \d[\d., ]* \|/.test(line))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
}

/** Reads a cell such as: `file`: "name", "name"; `file`: "name" */
export function testsOf(cell: string): { file: string; name: string }[] {
  return cell.split(/;\s(?=`)/).flatMap((part) => {
    const file = /`([^`]+)`/.exec(part)?.[1] ?? ''
    return [...part.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({ file, name }))
  })
}

/** Every piece of evidence in a document: the last cell of a row, for the promise in the second. */
export function evidenceIn(document: string, text: string): Evidence[] {
  return numberedRows(text).flatMap((cells) =>
    testsOf(cells.at(-1) ?? '').map((test) => ({ document, promise: cells[1] ?? '', ...test })),
  )
}

/**
 * What a run did not prove. `full`: every test file was to run; otherwise only the evidence of files that ran is
 * checked. `excused`: whether tests of a file may be skipped because a service does not run on this machine.
 */
export function unproven(
  evidence: readonly Evidence[],
  results: Results,
  options: { readonly full: boolean; readonly excused: (file: string) => boolean },
): { problems: string[]; notes: string[] } {
  const problems: string[] = []
  const notes: string[] = []
  for (const { document, file, name } of evidence) {
    const tests = results.get(file)
    if (tests === undefined && !options.full) continue
    const states = tests?.get(name) ?? []
    const state = stateOf(tests !== undefined, states)
    if (state === undefined) continue
    const line = `${document}: ${file}: "${name}" ${state}`
    const onlySkipped = states.length > 0 && states.every((each) => each === 'passed' || each === 'skipped')
    if (onlySkipped && options.excused(file)) notes.push(`${line}: it needs a service that does not run here`)
    else problems.push(line)
  }
  return { problems, notes }
}

/** What is wrong with a piece of evidence; `undefined` if every test in it passed. */
function stateOf(ran: boolean, states: readonly TestState[]): string | undefined {
  if (!ran) return 'did not run: its file is absent from the run'
  if (states.length === 0) return 'is absent'
  if (states.includes('failed')) return 'failed'
  if (states.includes('skipped')) return 'was skipped'
  if (states.includes('pending')) return 'did not finish'
  return undefined
}
