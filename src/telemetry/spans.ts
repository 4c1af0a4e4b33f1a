import { type Attributes, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { ConnectionEvents } from '../connections/events/events.ts'
import type { SpotifyEvents } from '../spotify/events.ts'

interface SpanTiming {
  readonly startedAt: number
  readonly duration: number
  readonly code?: string | undefined
}

/** Records a span for an operation that has ended. Its parent is the active span, if a context manager is installed. */
function writeSpan(tracer: Tracer, name: string, kind: SpanKind, timing: SpanTiming, attributes: Attributes): void {
  const { startedAt, duration, code } = timing
  const span = tracer.startSpan(name, { kind, startTime: startedAt, attributes })
  if (code !== undefined) {
    span.setAttribute('error.type', code)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end(startedAt + duration)
}

export function writeSignIn(tracer: Tracer, event: ConnectionEvents['sign_in.finished']): void {
  writeSpan(tracer, 'stagedoor sign-in', SpanKind.INTERNAL, event, { 'stagedoor.provider': event.provider })
}

export function writeRefresh(tracer: Tracer, event: ConnectionEvents['refresh.finished']): void {
  writeSpan(tracer, 'stagedoor refresh', SpanKind.CLIENT, event, {
    'stagedoor.provider': event.provider,
    'stagedoor.refresh.outcome': event.outcome,
  })
}

/** Records one span for a call with all its attempts. An instrumented `fetch` adds a span per attempt. */
export function writeRequest(tracer: Tracer, event: SpotifyEvents['request.finished']): void {
  const { request, status, attempts, throttles, queued } = event
  writeSpan(tracer, `${request.method} ${request.path}`, SpanKind.CLIENT, event, {
    'http.request.method': request.method,
    'url.template': request.path,
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
    ...(attempts > 1 ? { 'http.request.resend_count': attempts - 1 } : {}),
    'stagedoor.attempts': attempts,
    'stagedoor.throttles': throttles,
    'stagedoor.queue.duration': queued / 1000,
  })
}
