// SHA-256 in parts (FIPS 180-4): the browser's own takes a file whole, and is not there without HTTPS.
const K = new Int32Array(64), START = new Int32Array(8)
for (let n = 2, i = 0; i < 64; n++) {
  let prime = true
  for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break }
  if (!prime) continue
  const part = x => ((x - Math.floor(x)) * 4294967296) | 0
  if (i < 8) START[i] = part(Math.sqrt(n))
  K[i++] = part(Math.cbrt(n))
}

export class Sha256 {
  constructor() {
    this.state = START.slice()
    this.words = new Int32Array(64)
    this.rest = new Uint8Array(0)
    this.length = 0
  }

  add(bytes) {
    this.length += bytes.length
    if (this.rest.length) {
      const joined = new Uint8Array(this.rest.length + bytes.length)
      joined.set(this.rest)
      joined.set(bytes, this.rest.length)
      bytes = joined
    }
    const whole = bytes.length - (bytes.length % 64)
    for (let at = 0; at < whole; at += 64) this.block(bytes, at)
    this.rest = bytes.slice(whole)
    return this
  }

  block(bytes, at) {
    const w = this.words, s = this.state
    for (let i = 0; i < 16; i++, at += 4) {
      w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2]
      const p = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
      const q = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
      w[i] = (w[i - 16] + p + w[i - 7] + q) | 0
    }
    let a = s[0] | 0, b = s[1] | 0, c = s[2] | 0, d = s[3] | 0
    let e = s[4] | 0, f = s[5] | 0, g = s[6] | 0, h = s[7] | 0
    for (let i = 0; i < 64; i++) {
      const p = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
      const t = (h + p + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0
      const q = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
      const u = (q + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0
    }
    s[0] += a; s[1] += b; s[2] += c; s[3] += d; s[4] += e; s[5] += f; s[6] += g; s[7] += h
  }

  hex() {
    const length = this.length, end = new Uint8Array(((119 - (length % 64)) % 64) + 9)
    end[0] = 0x80
    const view = new DataView(end.buffer)
    view.setUint32(end.length - 8, Math.floor(length / 536870912))
    view.setUint32(end.length - 4, (length << 3) >>> 0)
    this.add(end)
    return Array.from(this.state, one => (one >>> 0).toString(16).padStart(8, "0")).join("")
  }
}
