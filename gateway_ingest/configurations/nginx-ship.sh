python3 manage.py ship_log /var/log/nginx/hypercare.log --follow --format nginx-json \
  --url @URL@ --key @KEY@
