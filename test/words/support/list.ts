/** A word, a phrase or a part of a name that this project does not use, and what to write instead. */
export interface Avoided {
  /** What to find, without regard to case; each space also matches a line break within a comment. */
  readonly pattern: string
  readonly instead: string
  /** Only in files below these paths; everywhere otherwise. */
  readonly within?: readonly string[]
}

/** A passage that may contain an avoided word, since it quotes another party or says what is meant. */
export interface Exception {
  /** A file or a folder. */
  readonly file: string
  readonly text: string
  readonly why: string
}

/** Searched in all text. A name counts as the words it consists of: `lastAnswerAt` contains `answer`. */
export const words: readonly Avoided[] = [
  { pattern: 'un ?answer\\w*|answer\\w*', instead: 'response, result; respond, return; dispatch' },
  { pattern: 'outliv\\w*', instead: 'wait, waitForLease' },
  { pattern: 'surely', instead: 'writeWithRetry' },
  { pattern: 'patien(?:ce|t|tly)', instead: 'timeout' },
  { pattern: 'firmly', instead: 'minSpacing' },
  { pattern: 'odd items?|response\\.odd|odd(?:ity|ities)', instead: 'invalid items, response.unexpected' },
  { pattern: 'waiting lines?', instead: 'queue' },
  { pattern: "(?:mission)(?:’s|'s)?|first sketch", instead: 'words for readers outside' },
  { pattern: 'harm(?:s|ed|ing)? (?:nobody|no one|anybody)', instead: 'is caught, is ignored' },
  {
    pattern: 'nobody|somebody|anybody|whoever|whomever',
    instead: 'the caller, the process, the user; no caller, anyone',
  },
  { pattern: '(?:he|his|him|himself|she|hers?|herself)', instead: 'they, their, or the role' },
  { pattern: 'stood in|limbs?|stray(?:s|ed)?', instead: 'what it is' },
]

/** Searched in source code and its comments, where plain verbs name what a function does. */
export const sourceWords: readonly Avoided[] = [
  { pattern: 'odd', instead: 'invalid, unexpected' },
  { pattern: 'told|heard|hears', instead: 'emitted, reported; the listener receives' },
  { pattern: 'comes? to', instead: 'results in' },
  { pattern: 'rests', instead: 'waits' },
  { pattern: 'lives', instead: 'is valid' },
  { pattern: 'stands(?! for)', instead: 'exists, is' },
  { pattern: 'whom', instead: 'the role' },
]

/** Searched among the names that source code declares or uses. */
export const identifiers: readonly Avoided[] = [
  { pattern: 'hundred', instead: 'what the number is for: pageSize' },
  { pattern: 'said|says|asked|asks|heard|tell|tells', instead: 'emit, report, request' },
  { pattern: 'luck|lucky|trouble|troubled|stir|stirs|stirred', instead: 'what it is' },
  { pattern: 'rows?', instead: 'consecutiveRefusals', within: ['src/limits'] },
]

/** Participles are not the names of types. */
export const participles: readonly string[] = [
  'Answered',
  'Asked',
  'Found',
  'Given',
  'Heard',
  'Held',
  'Kept',
  'Listed',
  'Owned',
  'Played',
  'Promised',
  'Said',
  'Selected',
  'Sent',
  'Taken',
  'Told',
  'Tried',
  'Usable',
  'Waiting',
  'Written',
]

const publicType = 'an entry exports the type'

export const exceptions: readonly Exception[] = [
  { file: 'src/spotify/endpoints/playlists.ts', text: 'type Selected<', why: publicType },
  { file: 'src/testing/fake-spotify.ts', text: 'type Listed<', why: publicType },
  { file: 'src/testing/catalogue/names.ts', text: ' Patient ', why: 'a word of made-up titles' },
]
