import type { Connection, Health, LimiterState } from 'stagedoor'
import { type Html, html } from './html.ts'
import { type Person, people } from './people.ts'
import { dateTime, daysLeft, healthWords } from './words.ts'

/** What one person's card shows. */
export interface CardData {
  readonly person: Person
  readonly connection: Connection | undefined
  readonly health: Health
  readonly tracks: readonly { readonly name: string; readonly artists: string }[]
  readonly playlists: readonly { readonly name: string; readonly total: number | undefined }[]
  /** Why tracks and playlists could not be read, in a person's words. */
  readonly problem: string | undefined
}

export interface PageData {
  readonly person: Person
  readonly limiter: LimiterState
  /** The stand-in's control page; absent when the accounts are real. */
  readonly controls: string | undefined
  /** The code of a sign-in that failed just now. */
  readonly error: string | undefined
}

const base = '/api/v1/spotify'

export function homePage(page: PageData, card: CardData): string {
  return layout(page, `${card.person.name} · stagedoor demo`, [
    notice(page.error),
    personCard(card, page, true),
    card.connection?.status === 'connected' ? exportCard() : undefined,
  ])
}

export function bothPage(page: PageData, cards: readonly CardData[]): string {
  return layout(page, 'Side by side · stagedoor demo', [
    html`<p class="lead">Two users of this application, each with an account of their own. What one connects, the other
      does not see.</p>
    <div class="pair">${cards.map((card) => personCard(card, page, false))}</div>`,
  ])
}

function layout(page: PageData, title: string, body: readonly (Html | undefined)[]): string {
  const { controls, person } = page
  const links = controls && html`<a href="${controls}" target="_blank" rel="noopener">Controls of the stand-in</a>`
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title}</title>
  <link rel="icon" href="/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/style.css">
  <script type="module" src="/page.js"></script>
</head>
<body>
  <a class="skip" href="#main">Skip to the content</a>
  <header>
    <a class="brand" href="/">stagedoor <span>demo</span></a>
    <nav aria-label="Pages"><a href="/">Account</a><a href="/both">Side by side</a>${links}</nav>
    <form method="post" action="/session" class="people" aria-label="Signed in to this demo as">
      ${people.map(
        (each) =>
          html`<button name="user" value="${each.id}" ${each.id === person.id ? html`aria-pressed="true"` : html`aria-pressed="false"`}>${each.name}</button>`,
      )}
    </form>
  </header>
  <main id="main">${body}</main>
  <footer>${
    controls === undefined
      ? 'Connected to the real Spotify.'
      : 'Everything here is made up: accounts, names and music come from a local stand-in for Spotify.'
  }</footer>
</body>
</html>`.markup
}

function notice(error: string | undefined): Html | undefined {
  if (error === undefined) return undefined
  const text =
    error === 'LOGIN_DENIED'
      ? 'You chose not to connect. Nothing was stored.'
      : 'Connecting did not work. Nothing was stored; please try again.'
  return html`<p class="notice" role="alert">${text} <code>${error}</code></p>`
}

function personCard(card: CardData, page: PageData, full: boolean): Html {
  const { person, connection } = card
  const own = person.id === page.person.id
  return html`<section class="card" aria-labelledby="card-${person.id}">
    <h1 id="card-${person.id}">${full ? 'Your Spotify account' : person.name}</h1>
    ${connection === undefined ? unconnected(own) : connected(card, connection, page, full, own)}
  </section>`
}

function unconnected(own: boolean): Html {
  return html`<p class="lead">Connect a Spotify account to see your saved tracks and playlists here.</p>
    ${own ? html`<p><a class="button" href="${base}/auth?returnTo=%2F">Connect Spotify</a></p>` : html`<p class="soft">Not connected.</p>`}`
}

function connected(card: CardData, connection: Connection, page: PageData, full: boolean, own: boolean): Html {
  const lost = connection.status === 'needs_reauth'
  return html`<p class="account">Connected as <strong>${connection.accountName ?? connection.accountId ?? 'an account whose name is not known yet'}</strong></p>
    <div data-live="${full ? 'yes' : 'no'}">${statusFragment(card.health, page.limiter)}</div>
    <dl>
      <div><dt>Access token ends</dt><dd>${dateTime(connection.expiresAt)}${lost ? undefined : ', then it is renewed by itself'}</dd></div>
      <div><dt>Reconnect by</dt><dd>${dateTime(connection.reauthorizeBy)} (${daysLeft(connection)} days)</dd></div>
      <div><dt>Connected since</dt><dd>${dateTime(connection.authorizedAt)}</dd></div>
      <div><dt>May</dt><dd><ul class="scopes">${connection.scopes.map((scope) => html`<li>${scope}</li>`)}</ul></dd></div>
    </dl>
    ${
      own && full
        ? html`<div class="actions">
      <a class="button ${lost ? undefined : 'quiet'}" href="${base}/auth?returnTo=%2F">Reconnect</a>
      <form method="post" action="/check"><button class="quiet">Check now</button></form>
      <form method="post" action="/disconnect"><button class="danger">Disconnect</button></form>
    </div>`
        : undefined
    }
    ${card.problem === undefined ? undefined : html`<p class="notice" role="status">${card.problem}</p>`}
    ${lost ? undefined : lists(card)}`
}

function lists(card: CardData): Html {
  return html`<div class="lists">
      <div><h2>First saved tracks</h2>${list(
        card.tracks.map((track) => html`${track.name} <span class="soft">${track.artists}</span>`),
        'No saved tracks.',
      )}</div>
      <div><h2>Playlists</h2>${list(
        card.playlists.map(
          (each) =>
            html`${each.name} <span class="soft">${each.total === undefined ? '' : `${each.total} items`}</span>`,
        ),
        'No playlists.',
      )}</div>
    </div>`
}

function list(rows: readonly Html[], empty: string): Html {
  return rows.length === 0
    ? html`<p class="soft">${empty}</p>`
    : html`<ol>${rows.map((row) => html`<li>${row}</li>`)}</ol>`
}

/** The part of the card that changes while the page is open. */
export function statusFragment(health: Health, limiter: LimiterState): Html {
  const words = healthWords(health)
  return html`<p class="status" data-status="${health.status}"><strong>${words.title}</strong> <span>${words.text}</span></p>
    <p class="status" data-status="${health.api.status}"><strong>Web API</strong> <span>${words.api}</span></p>
    <p class="soft">${limiter.inWindow} of ${limiter.cap} calls used in the last ${limiter.window / 1000} seconds${limiter.queued > 0 ? `, ${limiter.queued} waiting` : ''}.</p>`
}

function exportCard(): Html {
  return html`<section class="card" aria-labelledby="export">
    <h2 id="export">Export your library</h2>
    <p>Reads every saved track. If Spotify asks for a pause, the export says so, waits and goes on.</p>
    <div class="actions"><button type="button" id="export-start">Start export</button>
    <a class="button quiet" id="export-file" href="/export.csv" hidden>Download the list</a></div>
    <progress id="export-bar" max="1" value="0" aria-label="Export progress" hidden></progress>
    <p id="export-text" role="status"></p>
  </section>`
}
