import { escapeHtml } from '../../internal/html.ts'
import { historyEnd } from '../history-end.ts'
import { between, hash } from '../random.ts'
import type { Catalogue } from './catalogue.ts'
import { markets } from './markets.ts'
import { personName, sentence, showName, title } from './names.ts'
import { identity, pictures, type View } from './view.ts'

const day = 86_400_000

export function simplifiedShow(catalogue: Catalogue, view: View, index: number): Record<string, unknown> {
  const { seed } = catalogue
  const description = sentence(seed, index)
  return {
    ...(view.stripped ? {} : { available_markets: markets, publisher: personName(seed, index) }),
    copyrights: [],
    description,
    html_description: `<p>${escapeHtml(description)}</p>`,
    explicit: hash(seed, index, 91) % 5 === 0,
    ...identity(view, 'shows', 'show', catalogue.id('show', index)),
    images: pictures(view, catalogue.imageId('show', index)),
    is_externally_hosted: false,
    languages: ['en-GB'],
    media_type: hash(seed, index, 92) % 6 === 0 ? 'mixed' : 'audio',
    name: showName(seed, index),
    total_episodes: catalogue.show(index).count,
    type: 'show',
  }
}

export function episodeDuration(catalogue: Catalogue, index: number): number {
  return between(600_000, 5_400_000, catalogue.seed, index, 93)
}

export function episodeName(catalogue: Catalogue, index: number): string {
  return `${index - catalogue.showOfEpisode(index).first + 1}. ${title(catalogue.seed, index * 7 + 5)}`
}

/** `resume` is the position at which the user stopped, in milliseconds; present if the caller has the scope for it. */
export function simplifiedEpisode(
  catalogue: Catalogue,
  view: View,
  index: number,
  resume?: number,
): Record<string, unknown> {
  const { seed } = catalogue
  const show = catalogue.showOfEpisode(index)
  const description = sentence(seed, index + 1000)
  const duration = episodeDuration(catalogue, index)
  const newest = historyEnd - (hash(seed, show.index) % 300) * day
  return {
    audio_preview_url:
      hash(seed, index, 94) % 4 === 0
        ? null
        : `https://podz-content.spotifycdn.com/audio/clips/${catalogue.id('episode', index)}`,
    description,
    html_description: `<p>${escapeHtml(description)}</p>`,
    duration_ms: duration,
    explicit: false,
    ...identity(view, 'episodes', 'episode', catalogue.id('episode', index)),
    images: pictures(view, catalogue.imageId('show', show.index)),
    is_externally_hosted: hash(seed, show.index, 95) % 5 === 0,
    is_playable: true,
    language: 'en-GB',
    languages: ['en-GB'],
    name: episodeName(catalogue, index),
    release_date: new Date(newest - (index - show.first) * 7 * day).toISOString().slice(0, 10),
    release_date_precision: 'day',
    ...(resume === undefined ? {} : { resume_point: { fully_played: resume >= duration, resume_position_ms: resume } }),
    type: 'episode',
  }
}

export function episodeObject(
  catalogue: Catalogue,
  view: View,
  index: number,
  resume?: number,
): Record<string, unknown> {
  return {
    ...simplifiedEpisode(catalogue, view, index, resume),
    show: simplifiedShow(catalogue, view, catalogue.showOfEpisode(index).index),
  }
}
