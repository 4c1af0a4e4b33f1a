import { readFileSync } from 'node:fs'

// Checks whether a tag such as v0.1.0 may be released: package.json has that version and a repository, and the changelog a
// dated section of it.

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')

/** The problems that prevent a release of `tag`. */
export function objections(tag: string, manifest: string, changelog: string): string[] {
  const version = /^v(\d+\.\d+\.\d+(?:-[\w.]+)?)$/.exec(tag)?.[1]
  if (version === undefined) return [`${tag} is no version tag such as v0.1.0.`]
  const { version: own, repository } = JSON.parse(manifest) as {
    version: string
    repository?: { url?: string } | string
  }
  const found: string[] = []
  if (repository === undefined) found.push('package.json names no repository, without which npm refuses provenance.')
  if (own !== version) found.push(`package.json has version ${own}, the tag ${version}.`)
  const section = changelog.split(/^## /m).find((part) => part.startsWith(`[${version}]`))
  if (section === undefined) found.push(`CHANGELOG.md has no section [${version}].`)
  else if (!/^\[[^\]]+\] - \d{4}-\d{2}-\d{2}/.test(section)) found.push(`The section [${version}] has no date.`)
  return found
}

if (import.meta.main) {
  const found = objections(process.argv[2] ?? '', read('package.json'), read('CHANGELOG.md'))
  for (const line of found) process.stderr.write(`${line}\n`)
  process.exitCode = found.length === 0 ? 0 : 1
}
