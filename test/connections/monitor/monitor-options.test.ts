import { describe, expect, it } from 'vitest'
import { createWorld, day } from '../support/world.ts'

describe('monitor options', () => {
  it.each(['every', 'stopTimeout'])('refuse %s beyond what a timer can wait, which would fire at once', (name) => {
    const { connections } = createWorld()
    expect(() => connections.monitor({ [name]: 25 * day })).toThrow(
      expect.objectContaining({ name: 'ConfigError', code: 'CONFIG_INVALID' }),
    )
    expect(() => connections.monitor({ [name]: 20 * day })).not.toThrow()
  })
})
