import { isStagedoorError } from 'stagedoor'
import { startDemo } from './demo.ts'
import { SettingError } from './settings.ts'

try {
  const demo = await startDemo(process.env)
  console.log(`\n  ${demo.url}\n`)
  console.log(`  ${demo.about}`)
  console.log(`  Connections are stored in ${demo.database}. Stop with Ctrl+C; the next start finds them again.\n`)
  const stop = (): void => void demo.close().then(() => process.exit(0))
  process.once('SIGINT', stop).once('SIGTERM', stop)
} catch (error) {
  if (!(error instanceof SettingError) && !isStagedoorError(error)) throw error
  console.error(error.message)
  process.exitCode = 1
}
