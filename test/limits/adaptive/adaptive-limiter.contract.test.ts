import { describe, test } from 'vitest'
import { adaptiveLimiter } from '../../../src/limits/adaptive/adaptive-limiter.ts'
import { limiterContract } from '../../../src/testing/contracts/limiter.ts'

describe('the in-process limiter', () => {
  for (const { name, run } of limiterContract({ limiter: adaptiveLimiter })) test(name, run)
})
