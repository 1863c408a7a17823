echo '{"msec": "'$(date +%s)'", "request_method": "GET", "uri": "/trial", "status": 200, "request_time": "0.01"}' |
  curl -sS @URL@/ingest/calls/nginx-json/ -H "Authorization: Bearer @KEY@" --data-binary @-
