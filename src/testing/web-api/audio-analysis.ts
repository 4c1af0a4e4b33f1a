import { trackDuration } from '../catalogue/track.ts'
import { between, hash, hex } from '../random.ts'
import { json } from '../response.ts'
import { indexOf, renderMany } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'

/** A number from 0 to 1 with three decimals. */
function fraction(index: number, salt: number): number {
  return (hash(index, salt, 131) % 1000) / 1000
}

function features(call: ApiCall, index: number): Record<string, unknown> {
  const { catalogue } = call.state
  const id = catalogue.id('track', index)
  return {
    acousticness: fraction(index, 1),
    analysis_url: `${call.view.api}/audio-analysis/${id}`,
    danceability: fraction(index, 2),
    duration_ms: trackDuration(catalogue, index),
    energy: fraction(index, 3),
    id,
    instrumentalness: fraction(index, 4),
    key: hash(index, 5) % 12,
    liveness: fraction(index, 6),
    loudness: -20 * fraction(index, 7),
    mode: hash(index, 8) % 2,
    speechiness: fraction(index, 9),
    tempo: tempo(index),
    time_signature: 4,
    track_href: `${call.view.api}/tracks/${id}`,
    type: 'audio_features',
    uri: `spotify:track:${id}`,
    valence: fraction(index, 10),
  }
}

function tempo(index: number): number {
  return between(70_000, 180_000, index, 11) / 1000
}

function intervals(count: number, length: number): unknown[] {
  return Array.from({ length: count }, (_, position) => ({
    start: position * length,
    duration: length,
    confidence: fraction(position, 12),
  }))
}

function analysis(call: ApiCall): Response {
  const { catalogue, clock } = call.state
  const index = indexOf(call, 'track', call.params.id)
  const duration = trackDuration(catalogue, index) / 1000
  const beat = 60 / tempo(index)
  const key = { key: hash(index, 5) % 12, key_confidence: fraction(index, 13), mode: hash(index, 8) % 2 }
  const measure = {
    loudness: -20 * fraction(index, 7),
    tempo: tempo(index),
    tempo_confidence: fraction(index, 14),
    time_signature: 4,
    time_signature_confidence: 1,
    ...key,
    mode_confidence: fraction(index, 15),
  }
  const versions = { code_version: 3.15, echoprint_version: 4.15, synch_version: 1, rhythm_version: 1 }
  const strings = { codestring: '', echoprintstring: '', synchstring: '', rhythmstring: '' }
  return json(200, {
    meta: {
      analyzer_version: '4.0.0',
      platform: 'Linux',
      detailed_status: 'OK',
      status_code: 0,
      timestamp: Math.floor(clock.now() / 1000),
      analysis_time: 6.1,
      input_process: 'made up',
    },
    track: {
      num_samples: Math.floor(duration * 22_050),
      duration,
      sample_md5: hex(32, index, 16),
      offset_seconds: 0,
      window_seconds: 0,
      analysis_sample_rate: 22_050,
      analysis_channels: 1,
      end_of_fade_in: 0,
      start_of_fade_out: duration - 3,
      ...measure,
      ...strings,
      ...versions,
    },
    bars: intervals(16, beat * 4),
    beats: intervals(64, beat),
    tatums: intervals(128, beat / 2),
    sections: intervals(4, duration / 4).map((interval) => ({ ...(interval as object), ...measure })),
    segments: intervals(24, duration / 24).map((interval, position) => ({
      ...(interval as object),
      loudness_start: -23,
      loudness_max_time: 0.05,
      loudness_max: -14,
      loudness_end: 0,
      pitches: Array.from({ length: 12 }, (_, pitch) => fraction(position, 20 + pitch)),
      timbre: Array.from({ length: 12 }, (_, part) => 80 * fraction(position, 40 + part) - 40),
    })),
  })
}

const removed = { availability: 'removed-2024' } as const

export const audioAnalysisOperations: readonly Operation[] = [
  operation(
    'get-several-audio-features',
    'GET /audio-features',
    (call) => json(200, { audio_features: renderMany(call, 'track', 100, (index) => features(call, index)) }),
    removed,
  ),
  operation(
    'get-audio-features',
    'GET /audio-features/{id}',
    (call) => json(200, features(call, indexOf(call, 'track', call.params.id))),
    removed,
  ),
  operation('get-audio-analysis', 'GET /audio-analysis/{id}', analysis, removed),
]
