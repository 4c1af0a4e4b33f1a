// Everything on the pages works without this script, except the live status and the export.
const live = document.querySelector('[data-live="yes"]')
if (live) {
  const stream = new EventSource('/live')
  stream.addEventListener('status', (event) => {
    const { markup } = JSON.parse(event.data)
    if (live.dataset.last !== markup) live.innerHTML = live.dataset.last = markup
  })
}

const start = document.querySelector('#export-start')
if (start) {
  const bar = document.querySelector('#export-bar')
  const text = document.querySelector('#export-text')
  const file = document.querySelector('#export-file')
  let again = false
  start.addEventListener('click', () => {
    start.disabled = true
    bar.hidden = false
    file.hidden = true
    text.textContent = 'Starting …'
    const stream = new EventSource(`/export${again ? '?again=yes' : ''}`)
    const end = (label, resume) => {
      stream.close()
      again = resume
      start.textContent = label
      start.disabled = false
    }
    stream.addEventListener('progress', (event) => {
      const progress = JSON.parse(event.data)
      bar.max = Math.max(progress.total, 1)
      bar.value = progress.done
      bar.dataset.state = progress.state
      text.textContent = progress.text
      if (progress.state === 'finished') {
        file.hidden = false
        end('Export again', false)
      } else if (progress.state === 'stopped') end('Go on', true)
    })
    stream.addEventListener('error', () => {
      if (stream.readyState === EventSource.CLOSED || start.disabled) {
        text.textContent = 'The connection to this application was lost.'
        end('Go on', true)
      }
    })
  })
}
