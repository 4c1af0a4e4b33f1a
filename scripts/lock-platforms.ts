import { readFileSync, writeFileSync } from 'node:fs'

// A registry mirror may lack binaries of other platforms; npm then leaves them out of the lockfile and refuses it in
// `npm ci` ever after. This puts the optional platform packages that a lockfile lacks back in, by what their names say.
// `node scripts/lock-platforms.ts [folder]`, after every `npm install` there.

interface Entry {
  version?: string
  dev?: boolean
  optionalDependencies?: Record<string, string>
}

const file = `${process.argv[2] ?? '.'}/package-lock.json`
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> }
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm64', 'arm', 'x64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x']

/** Whether `name` is found from `from`, as Node looks for it: in its own folder, then in those above. */
function locked(from: string, name: string): boolean {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules/') - 1))) {
    if (lock.packages[`${base === '' ? '' : `${base}/`}node_modules/${name}`] !== undefined) return true
    if (base === '') return false
  }
}

let added = 0
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (locked(path, name)) continue
    const parts = name.slice(name.lastIndexOf('/') + 1).split('-')
    const os = parts.find((part) => systems.includes(part))
    const cpu = parts.map((part) => processors.find((each) => part === each)).find((each) => each !== undefined)
    if (os === undefined || cpu === undefined) throw new Error(`${name} names no platform: see to it by hand.`)
    const libc = parts.some((part) => part.startsWith('musl')) ? 'musl' : 'glibc'
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(entry.dev ? { dev: true } : {}),
      ...(os === 'linux' ? { libc: [libc] } : {}),
      optional: true,
      os: [os],
    } as Entry
    added++
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([one], [other]) => (one < other ? -1 : 1)))
writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
process.stdout.write(`${added} platform packages added to ${file}\n`)
