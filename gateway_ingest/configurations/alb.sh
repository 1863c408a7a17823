# ALB writes packed files into your bucket every five minutes; run this for each new one.
gunzip -c "$FILE" | curl -sS @URL@/ingest/calls/alb/ -H "Authorization: Bearer @KEY@" \
  -H "Content-Type: text/plain" --data-binary @-
