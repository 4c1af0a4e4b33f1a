import { chapterObject, simplifiedAudiobook, simplifiedChapter } from '../catalogue/audiobook.ts'
import { json } from '../response.ts'
import { indexOf, renderMany } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { type PageRequest, page, pageRequest } from './paging.ts'

function chaptersPage(call: ApiCall, index: number, path: string, request: PageRequest) {
  const { catalogue } = call.state
  const book = catalogue.audiobook(index)
  const render = (position: number): unknown => simplifiedChapter(catalogue, call.view, book.first + position)
  return page(call, request, book.count, render, path === call.path ? {} : { path, query: {} })
}

function audiobookObject(call: ApiCall, index: number): Record<string, unknown> {
  const { catalogue } = call.state
  const path = `/audiobooks/${catalogue.id('audiobook', index)}/chapters`
  const chapters = chaptersPage(call, index, path, { limit: 50, offset: 0 })
  return { ...simplifiedAudiobook(catalogue, call.view, index), chapters }
}

export const audiobookOperations: readonly Operation[] = [
  operation('get-an-audiobook', 'GET /audiobooks/{id}', (call) =>
    json(200, audiobookObject(call, indexOf(call, 'audiobook', call.params.id))),
  ),
  operation(
    'get-multiple-audiobooks',
    'GET /audiobooks',
    (call) => json(200, { audiobooks: renderMany(call, 'audiobook', 50, (index) => audiobookObject(call, index)) }),
    { availability: 'removed-2026' },
  ),
  operation('get-audiobook-chapters', 'GET /audiobooks/{id}/chapters', (call) =>
    json(200, chaptersPage(call, indexOf(call, 'audiobook', call.params.id), call.path, pageRequest(call))),
  ),
  operation('get-a-chapter', 'GET /chapters/{id}', (call) =>
    json(200, chapterObject(call.state.catalogue, call.view, indexOf(call, 'chapter', call.params.id))),
  ),
  operation(
    'get-several-chapters',
    'GET /chapters',
    (call) =>
      json(200, {
        chapters: renderMany(call, 'chapter', 50, (index) => chapterObject(call.state.catalogue, call.view, index)),
      }),
    { availability: 'removed-2026' },
  ),
]
