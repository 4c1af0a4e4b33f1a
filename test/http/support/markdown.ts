import { readFileSync } from 'node:fs'

export interface Block {
  readonly language: string
  readonly title: string
  readonly code: string
}

/** The fenced blocks of a document that carry a title. */
export function titledBlocks(path: string): readonly Block[] {
  const text = readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```(\w+) title=(\S+)\n(.*?)^```$/gms)].map(([, language = '', title = '', code = '']) => ({
    language,
    title,
    code,
  }))
}

/** Applies a unified diff as `patch` does, but without tolerance: every context line must be where the hunk says. */
export function applyDiff(before: string, diff: string): { after: string; added: number; removed: number } {
  const old = before.split('\n')
  const after: string[] = []
  let at = 0
  let added = 0
  let removed = 0
  for (const line of diff.replace(/\n$/, '').split('\n')) {
    const hunk = /^@@ -(\d+)/.exec(line)
    if (hunk !== null) {
      const start = Number(hunk[1]) - 1
      if (start < at) throw new Error(`A hunk overlaps the one before: ${line}`)
      after.push(...old.slice(at, start))
      at = start
    } else if (line.startsWith('+++') || line.startsWith('---')) {
    } else if (line.startsWith('+')) {
      after.push(line.slice(1))
      added++
    } else {
      if (old[at] !== line.slice(1)) throw new Error(`Line ${at + 1} is not ${JSON.stringify(line.slice(1))}`)
      if (line.startsWith('-')) removed++
      else after.push(line.slice(1))
      at++
    }
  }
  return { after: [...after, ...old.slice(at)].join('\n'), added, removed }
}
