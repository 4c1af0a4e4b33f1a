import { between, hash } from '../random.ts'
import { releaseDate } from './album.ts'
import type { Catalogue } from './catalogue.ts'
import { markets } from './markets.ts'
import { personName, title } from './names.ts'
import { identity, pictures, type View } from './view.ts'

export function audiobookName(catalogue: Catalogue, index: number): string {
  return title(catalogue.seed, index * 7 + 6)
}

export function simplifiedAudiobook(catalogue: Catalogue, view: View, index: number): Record<string, unknown> {
  const { seed } = catalogue
  const author = personName(seed, index + 500)
  const narrator = personName(seed, index + 900)
  const id = catalogue.id('audiobook', index)
  return {
    authors: [{ name: author }],
    ...(view.stripped ? {} : { available_markets: markets, publisher: author }),
    copyrights: hash(seed, index, 103) % 4 === 0 ? [] : [{ text: `${author} 2024`, type: 'C' }],
    description: `Author(s): ${author} Narrator(s): ${narrator}`,
    html_description: `Author(s): ${author}<br/>Narrator(s): ${narrator}`,
    edition: 'Unabridged',
    explicit: false,
    // Spotify uses `show` in an audiobook's URI and page, but not in its API path.
    ...identity(view, 'audiobooks', 'show', id),
    images: pictures(view, catalogue.imageId('audiobook', index)),
    languages: ['en'],
    media_type: 'audio',
    name: audiobookName(catalogue, index),
    narrators: [{ name: narrator }],
    total_chapters: catalogue.audiobook(index).count,
    type: 'audiobook',
  }
}

export function simplifiedChapter(catalogue: Catalogue, view: View, index: number): Record<string, unknown> {
  const { seed } = catalogue
  const book = catalogue.audiobookOfChapter(index)
  const number = index - book.first
  return {
    audio_preview_url: null,
    ...(view.stripped ? {} : { available_markets: markets }),
    chapter_number: number,
    description: '',
    html_description: '',
    duration_ms: between(20_000, 2_400_000, seed, index, 101),
    explicit: hash(seed, book.index, 102) % 8 === 0,
    ...identity(view, 'chapters', 'episode', catalogue.id('chapter', index)),
    images: pictures(view, catalogue.imageId('audiobook', book.index)),
    is_playable: true,
    languages: ['en'],
    name: number === 0 ? 'Opening Credits' : `Chapter ${number}`,
    ...releaseDate(seed, book.index),
    resume_point: { fully_played: false, resume_position_ms: 0 },
    type: 'chapter',
  }
}

export function chapterObject(catalogue: Catalogue, view: View, index: number): Record<string, unknown> {
  return {
    ...simplifiedChapter(catalogue, view, index),
    audiobook: simplifiedAudiobook(catalogue, view, catalogue.audiobookOfChapter(index).index),
  }
}
