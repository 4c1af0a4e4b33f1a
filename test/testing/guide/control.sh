fake() { curl --silent --fail --header 'content-type: application/json' --request "$1" "$SPOTIFY_URL/_fake/$2" --data "${3:-{\}}"; }

token=$(fake POST tokens '{"user": "ben", "scopes": ["user-read-private"]}' | sed 's/.*"accessToken":"\([^"]*\)".*/\1/')
curl --silent --fail --header "authorization: Bearer $token" "$SPOTIFY_URL/v1/me"
fake POST faults '{"path": "/v1/*", "status": 429, "retryAfter": 2}'
fake POST clock '{"advance": 3600000}'
fake PATCH users/dana '{"allowlisted": true}'
curl --silent --fail "$SPOTIFY_URL/_fake/requests"
