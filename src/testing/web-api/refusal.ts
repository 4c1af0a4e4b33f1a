import { apiError } from '../response.ts'

/** Thrown by an operation; carries the error response. */
export class Refusal {
  readonly response: Response

  constructor(status: number, message: string, reason?: string) {
    this.response = apiError(status, message, { reason })
  }
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, message)
}

export function notFound(): Refusal {
  return new Refusal(404, 'Resource not found')
}
