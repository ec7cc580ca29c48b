// An upload in pieces: shows how far it is, can be cancelled, and goes on after a cut or a reload of the page.
import { Sha256 } from "./sha256.js"

const HERE = new URL("../../../upload", import.meta.url).href
const PIECE = 8 << 20, HEAD = 1 << 20, TRIES = 7
const tasks = new Map() // by session and side: an upload outlives the page's reruns
const NOW = "plumbline-upload", BEFORE = "plumbline-upload-before", LEFT = "plumbline-upload-left-"

class Stopped extends Error {}
class Refused extends Error {
  constructor(said, offset) { super(said); this.offset = offset }
}

function remember(token) { // this tab's last session: its uploads may go on here
  const last = sessionStorage.getItem(NOW)
  if (last === token) return
  if (last) sessionStorage.setItem(BEFORE, last)
  sessionStorage.setItem(NOW, token)
}

function amount(bytes) {
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["KB", 1e3]]) {
    if (bytes >= size) return `${(bytes / size).toFixed(bytes < 10 * size ? 1 : 0)} ${unit}`
  }
  return `${bytes} B`
}

function ask(task, method, path, body, headers, heard) {
  return new Promise((done, fail) => {
    const request = (task.request = new XMLHttpRequest())
    request.open(method, HERE + path)
    request.setRequestHeader("X-Plumbline-Upload", task.token)
    const before = sessionStorage.getItem(BEFORE)
    if (before) request.setRequestHeader("X-Plumbline-Before", before)
    for (const [name, value] of Object.entries(headers ?? {})) request.setRequestHeader(name, value)
    if (heard) request.upload.onprogress = event => heard(event.loaded)
    request.timeout = 120_000
    request.onabort = () => fail(new Stopped())
    request.onerror = request.ontimeout = () => fail(new Error("The connection was cut"))
    request.onload = () => {
      let said = {}
      try { said = JSON.parse(request.responseText) } catch { /* a proxy's page */ }
      if (request.status === 200) return done(said)
      const error = said.error
      const words = error ? `${error.message}${error.hint ? ` ${error.hint}` : ""}` : `The server says ${request.status}.`
      const again = [408, 425, 429, 500, 502, 503, 504].includes(request.status)
      fail(again ? new Error(words.replace(/\.$/, "")) : new Refused(words, said.offset))
    }
    request.send(body)
  })
}

async function hash(task, end) {
  const found = new Sha256()
  for (let at = 0; at < end; at += PIECE) {
    if (task.stopped) throw new Stopped()
    found.add(new Uint8Array(await task.file.slice(at, Math.min(at + PIECE, end)).arrayBuffer()))
    if (end > HEAD) tell(task, "hashing", { checked: Math.min(at + PIECE, end) })
  }
  return found.hex()
}

async function begin(task) {
  const { name, size, lastModified } = task.file
  task.head ??= await hash(task, Math.min(size, HEAD))
  const about = { name, size, modified: lastModified, head: task.head, id: task.id ?? "" }
  const post = body => (task.asked = ask(task, "POST", "", JSON.stringify(body), { "Content-Type": "application/json" }))
  const said = await post(about)
  if (!said.prove) return said
  task.digest ??= await hash(task, size)
  if (task.stopped) throw new Stopped()
  return post({ ...about, sha256: task.digest })
}

async function send(task) {
  const { file } = task
  let said = await begin(task)
  if (task.stopped) throw new Stopped()
  task.id = said.id
  task.resumed = said.offset > 0 && !said.done
  sessionStorage.setItem(LEFT + task.side, JSON.stringify({ name: file.name, size: file.size }))
  while (!said.done) {
    const offset = said.offset
    tell(task, "sending", { sent: offset })
    const piece = file.slice(offset, Math.min(offset + PIECE, file.size))
    try {
      said = await ask(task, "PUT", `/${task.id}`, piece, { "Upload-Offset": offset }, loaded => {
        tell(task, offset + loaded >= file.size ? "checking" : "sending", { sent: Math.min(offset + loaded, file.size) })
      })
    } catch (error) {
      if (!(error instanceof Refused) || typeof error.offset !== "number") throw error
      said = { offset: error.offset } // the server has more or less than we thought
      if (++task.moved > 20) throw new Refused("Another page sends this file too.")
    }
    task.tries = 0
  }
  return said
}

async function run(task) {
  task.began = performance.now()
  for (;;) {
    try {
      const said = await send(task)
      sessionStorage.removeItem(LEFT + task.side)
      return tell(task, "done", { id: said.id, already: said.already, digest: said.sha256 })
    } catch (error) {
      if (error instanceof Stopped || task.stopped) return
      if (error instanceof Refused || error.name === "NotReadableError" || ++task.tries > TRIES) {
        const moved = error.name === "NotReadableError"
        return tell(task, "failed", { said: moved ? "The file changed or went away on this computer." : error.message })
      }
      let wait = Math.min(30, 2 ** (task.tries - 1))
      for (; wait > 0 && !task.stopped; wait--) {
        tell(task, "waiting", { said: `${error.message}; trying again in ${wait} s` })
        await new Promise(next => setTimeout(next, 1000))
      }
      if (task.stopped) return // else it would be begun again, and the server make room for what nobody wants
    }
  }
}

function tell(task, state, more) {
  Object.assign(task, { state }, more)
  task.shown?.()
}

function start(key, data, file) {
  const task = { token: data.token, side: data.side, file, tries: 0, moved: 0, sent: 0 }
  tasks.set(key, task)
  if (file.size > data.limit) {
    task.shown = null
    return tell(task, "failed", { said: `The file has ${amount(file.size)}; an upload has at most ${data.most}. ` +
      "Point to it where it lies instead." })
  }
  tell(task, "hashing", { checked: 0 })
  run(task)
}

// The server was started anew, or the session was given up: what this page sends, or has sent, goes on in the new one.
function carry(key, data) {
  const old = tasks.get(`${sessionStorage.getItem(BEFORE)} ${data.side}`)
  if (!old || old.stopped || tasks.has(key) || (old.state === "failed" && old.tries <= TRIES)) return
  old.stopped = true
  old.request?.abort()
  const { file, side, id, head, digest, sent } = old
  const task = { token: data.token, side, file, id, head, digest, sent, tries: 0, moved: 0 }
  tasks.set(key, task)
  tell(task, "sending", {})
  run(task)
}

function stop(task) {
  task.stopped = true
  sessionStorage.removeItem(LEFT + task.side)
  const drop = id => id && ask({ token: task.token }, "DELETE", `/${id}`).catch(() => {})
  if (task.id || !task.asked) {
    task.request?.abort()
    drop(task.id)
  } else task.asked.then(said => drop(said.id), () => {}) // only the server's answer tells what it has made room for
  tell(task, "cancelled")
}

function words(task) {
  const size = task.file.size, spent = (performance.now() - task.began) / 1000
  if (task.state === "hashing") return task.digest === undefined && task.id === undefined && task.checked > 0
    ? `Looking whether it is here already: ${Math.round((100 * task.checked) / size)} %` : "Beginning …"
  if (task.state === "checking") return "All is sent; the server checks it …"
  if (task.state === "sending") {
    task.from ??= [task.sent, spent]
    const rate = (task.sent - task.from[0]) / Math.max(spent - task.from[1], 0.001)
    const left = rate > 0 && spent - task.from[1] > 1 ? (size - task.sent) / rate : null
    const rest = left === null ? "" : ` · ${amount(rate)}/s · ${left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`} left`
    return `${amount(task.sent)} of ${amount(size)}, ${Math.floor((100 * task.sent) / size)} %${rest}`
      + (task.resumed ? " · went on where it stopped" : "")
  }
  if (task.state === "cancelled") return "Cancelled; nothing was kept."
  return task.said ?? ""
}

export default function ({ data, parentElement, setTriggerValue }) {
  const part = name => parentElement.querySelector(`.${name}`)
  const key = `${data.token} ${data.side}`, input = part("file"), zone = part("zone")
  remember(data.token)
  carry(key, data)
  part("what").textContent = data.label
  part("limit").textContent = data.said
  input.setAttribute("aria-label", data.label)
  const left = JSON.parse(sessionStorage.getItem(LEFT + data.side) ?? "null")

  function show() {
    const task = tasks.get(key), state = task?.state ?? "empty"
    const busy = ["hashing", "sending", "checking", "waiting"].includes(state)
    zone.hidden = busy
    part("busy").hidden = !busy
    part("said").hidden = !task || busy || state === "done"
    part("left").hidden = !!task || !left
    if (left) part("left").textContent = `◌ The upload of ${left.name} was cut off. Choose the same file again: it goes on where it stopped.`
    if (!task) return
    part("said").textContent = `${state === "failed" ? "■ " : "◌ "}${task.file.name}: ${words(task)}`
    part("said").className = `said ${state}`
    part("again").hidden = state !== "failed" || task.file.size > data.limit
    part("name").textContent = task.file.name
    part("how").textContent = words(task)
    part("bar").value = state === "hashing" ? 0 : task.sent / (task.file.size || 1)
    if (state === "done" && !task.told) {
      task.told = true
      setTriggerValue("done", { id: task.id, already: !!task.already })
    }
  }

  function take(file) {
    if (!file) return
    start(key, data, file)
    tasks.get(key).shown = show
    show()
  }

  const task = tasks.get(key)
  if (task) task.shown = show
  part("choose").onclick = () => input.click()
  input.onchange = () => { const file = input.files[0]; input.value = ""; take(file) }
  part("cancel").onclick = () => { stop(tasks.get(key)); part("choose").focus() }
  part("again").onclick = () => take(tasks.get(key).file)
  zone.ondragover = event => { event.preventDefault(); zone.classList.add("over") }
  zone.ondragleave = () => zone.classList.remove("over")
  zone.ondrop = event => { event.preventDefault(); zone.classList.remove("over"); take(event.dataTransfer.files[0]) }
  show()
  if (input.files.length) input.onchange() // chosen before this script was there
  return () => { const known = tasks.get(key); if (known?.shown === show) known.shown = null }
}
