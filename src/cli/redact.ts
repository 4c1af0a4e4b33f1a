const secretName = /secret|key|token|password|passwd|pwd|credential|dsn|url|uri|connection/i
const publicNames = new Set(['SPOTIFY_REDIRECT_URI'])
const minSecretLength = 6

/**
 * Creates a function that replaces the values of environment variables whose names suggest a secret. Messages of
 * configuration files and drivers are redacted, because they may quote such a value.
 */
export function createRedactor(env: Readonly<Record<string, string | undefined>>): (text: string) => string {
  const secrets = Object.entries(env)
    .filter(([name]) => secretName.test(name) && !publicNames.has(name))
    .flatMap(([name, value]) => [value ?? '', ...(value ?? '').split(/[\s,]+/)].map((secret) => ({ name, secret })))
    .filter(({ secret }) => secret.length >= minSecretLength)
    .sort((one, other) => other.secret.length - one.secret.length)
  return (text) => {
    const named = secrets.reduce((result, { name, secret }) => result.replaceAll(secret, `[${name}]`), text)
    return named.replace(/(\w+:\/\/[^\s:/@]+:)[^\s@]+@/g, '$1[password]@')
  }
}
