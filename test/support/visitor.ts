/** A minimal browser: keeps cookies, follows no redirects, records every response. */
export interface Visitor {
  request(path: string, init?: RequestInit): Promise<Response>
  /** Raw text of every response so far: status, headers and body. */
  readonly responses: readonly string[]
  readonly cookies: ReadonlyMap<string, string>
}

export function createVisitor(origin: string): Visitor {
  const cookies = new Map<string, string>()
  const responses: string[] = []
  return {
    responses,
    cookies,
    async request(path, init = {}) {
      const headers = new Headers(init.headers)
      if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
      const response = await fetch(new URL(path, origin), { redirect: 'manual', ...init, headers })
      for (const line of response.headers.getSetCookie()) {
        const [name = '', value = ''] = (line.split(';')[0] as string).split(/=(.*)/s)
        if (/max-age=0/i.test(line)) cookies.delete(name)
        else cookies.set(name, value)
      }
      const text = await response.clone().text()
      responses.push([response.status, ...[...response.headers].map((pair) => pair.join(': ')), text].join('\n'))
      return response
    },
  }
}
