declare module 'express4' {
  import type express from 'express'

  const make: typeof express
  export = make
}
