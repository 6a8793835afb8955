// What a team would glue together: grant on Express, set up as its README does, with the HMAC by hand.
// Arguments: the address to serve on, the stand-in platform's origin, the signing secret.
import { createHmac, randomBytes } from 'node:crypto'
import express from 'express'
import session from 'express-session'
import grant from 'grant'

const [address, upstream, signingSecret] = process.argv.slice(2)
const [host, port] = address.split(':')
const origin = `http://${address}`
const created = new Map()

const app = express()
app.use(session({ secret: signingSecret, saveUninitialized: false, resave: false, name: 'grant' }))
app.use('/api', express.json())

app.post('/api/oauth/delegate/sessions', (request, response) => {
  const { platform, callback_url, state } = request.body
  const token = `psd_${randomBytes(32).toString('base64url')}`
  created.set(token, { platform, callback_url, state })
  response.status(201).json({ authorize_url: `${origin}/oauth/delegate?request=${token}`, expires_in: 900 })
})

app.get('/oauth/delegate', (request, response, next) => {
  const link = created.get(request.query.request)
  if (!link) return response.sendStatus(410)
  created.delete(request.query.request)
  request.session.link = link
  request.originalUrl = '/connect/bench'
  next()
})

app.get('/oauth/callback/:platform', (request, response, next) => {
  request.originalUrl = `/connect/bench/callback?${request.originalUrl.split('?')[1]}`
  next()
})

app.use(grant.express({
  defaults: { origin, transport: 'state', state: true, pkce: true, response: ['tokens', 'profile'] },
  bench: {
    authorize_url: `${upstream}/authorize`,
    access_url: `${upstream}/token`,
    profile_url: `${upstream}/identity`,
    oauth: 2,
    key: 'bench',
    secret: 'bench-secret',
    scope: ['profile'],
    redirect_uri: `${origin}/oauth/callback/bench0`,
  },
}))

app.get('/oauth/callback/:platform', (request, response) => {
  const answer = response.locals.grant?.response
  const link = request.session.link
  if (!answer?.profile?.id || !link) return response.sendStatus(400)
  const { platform, callback_url, state } = link
  const { id, handle } = answer.profile
  const expires = Math.floor(Date.now() / 1000) + 300
  const base = `platform=${platform}&platform_id=${id}&handle=${handle}&state=${state}&expires=${expires}`
  const sig = createHmac('sha256', signingSecret).update(base).digest('hex')
  response.redirect(`${callback_url}?${base}&sig=${sig}`)
})

app.listen(Number(port), host)
