/** Markup that needs no escaping any more. */
export interface Html {
  readonly markup: string
}

/** Fills a template; strings are escaped, markup and lists of markup are not, `undefined` and `false` vanish. */
export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Html {
  return { markup: parts.map((part, index) => part + (index < values.length ? render(values[index]) : '')).join('') }
}

function render(value: unknown): string {
  if (value === undefined || value === null || value === false) return ''
  if (Array.isArray(value)) return value.map(render).join('')
  if (typeof value === 'object' && 'markup' in value) return String(value.markup)
  return String(value).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
