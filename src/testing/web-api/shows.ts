import { episodeDuration, episodeObject, simplifiedEpisode, simplifiedShow } from '../catalogue/show.ts'
import { hash, hashText } from '../random.ts'
import { json } from '../response.ts'
import { indexOf, renderMany } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { page, pageRequest } from './paging.ts'

/** The position at which the user stopped, if the application has the scope for it. */
export function resumePoint(call: ApiCall, episode: number): number | undefined {
  if (call.maybeUser === undefined || !call.scopes.includes('user-read-playback-position')) return undefined
  const draw = hash(hashText(call.maybeUser.id), episode) % 6
  if (draw > 1) return 0
  const duration = episodeDuration(call.state.catalogue, episode)
  return draw === 0 ? duration : Math.floor(duration / 3)
}

function episodesPage(call: ApiCall, index: number, path: string, request = { limit: 50, offset: 0 }) {
  const { catalogue } = call.state
  const show = catalogue.show(index)
  const render = (position: number): unknown => {
    const episode = show.first + position
    return simplifiedEpisode(catalogue, call.view, episode, resumePoint(call, episode))
  }
  return page(call, request, show.count, render, path === call.path ? {} : { path, query: {} })
}

function getShow(call: ApiCall): Response {
  const { catalogue } = call.state
  const index = indexOf(call, 'show', call.params.id)
  const episodes = episodesPage(call, index, `/shows/${catalogue.id('show', index)}/episodes`)
  return json(200, { ...simplifiedShow(catalogue, call.view, index), episodes })
}

export const showOperations: readonly Operation[] = [
  operation('get-a-show', 'GET /shows/{id}', getShow),
  operation(
    'get-multiple-shows',
    'GET /shows',
    (call) =>
      json(200, {
        shows: renderMany(call, 'show', 50, (index) => simplifiedShow(call.state.catalogue, call.view, index)),
      }),
    { availability: 'removed-2026' },
  ),
  operation('get-a-shows-episodes', 'GET /shows/{id}/episodes', (call) =>
    json(200, episodesPage(call, indexOf(call, 'show', call.params.id), call.path, pageRequest(call))),
  ),
  operation('get-an-episode', 'GET /episodes/{id}', (call) => {
    const index = indexOf(call, 'episode', call.params.id)
    return json(200, episodeObject(call.state.catalogue, call.view, index, resumePoint(call, index)))
  }),
  operation(
    'get-multiple-episodes',
    'GET /episodes',
    (call) => {
      const render = (index: number): unknown =>
        episodeObject(call.state.catalogue, call.view, index, resumePoint(call, index))
      return json(200, { episodes: renderMany(call, 'episode', 50, render) })
    },
    { availability: 'removed-2026' },
  ),
]
