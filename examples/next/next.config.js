/** The development server logs every URL; that of a callback holds a code and a state. */
export default { logging: { incomingRequests: { ignore: [/^\/api\/v1\/spotify\/callback/] } } }
