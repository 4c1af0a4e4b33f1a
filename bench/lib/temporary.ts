import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file in a folder of its own, which `remove` deletes with everything beside it. */
export function temporaryFile(name: string): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'stagedoor-bench-'))
  return { path: join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) }
}
