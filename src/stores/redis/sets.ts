import type { CallOptions } from '../../internal/signal.ts'
import { storeError } from '../common/driver-error.ts'
import type { RedisContext } from './context.ts'
import { type RedisKeys, type SetName, setNames } from './keys.ts'
import { type Reply, textReply } from './reply.ts'
import { restoreSets } from './scripts.ts'

/** One of the sorted sets. */
interface RedisSet {
  readonly name: SetName
  readonly bucket: number
  readonly provider: string
}

export type RunOnSet = (
  script: string,
  set: RedisSet,
  values: readonly string[],
  call: CallOptions | undefined,
) => Promise<Reply>

/**
 * Runs scripts that report when a set has lost members, as it has where the server evicts keys: then the records of the
 * bucket are looked up one by one, so that no connection is passed over because of it.
 */
export function setRunner(keys: RedisKeys, run: RedisContext['run']): RunOnSet {
  async function restore({ bucket, provider }: RedisSet, call: CallOptions | undefined): Promise<void> {
    const sets = setNames.map((name) => keys.set(name, bucket, provider))
    const names = [keys.records(bucket, provider), keys.sizes(bucket, provider), ...sets]
    let cursor = '0'
    do cursor = textReply(await run(restoreSets, names, [cursor], call))
    while (cursor !== '0')
  }

  return async (script, set, values, call) => {
    const { name, bucket, provider } = set
    const names = [keys.set(name, bucket, provider), keys.sizes(bucket, provider), keys.records(bucket, provider)]
    for (let attempt = 0; attempt < 3; attempt++) {
      const reply = await run(script, names, values, call)
      if (reply !== 'LOST') return reply
      await restore(set, call)
    }
    throw storeError(new Error('LOST'))
  }
}
